/** A TCP proxy in this JVM that spoils the connections through it: slow, narrow, silent, cut. Owned by one event loop. */
@NullMarked
package dev.millrace.bench.faults.proxy;

import org.jspecify.annotations.NullMarked;
