@NullMarked
package dev.millrace.bench.faults.proxy;

import org.jspecify.annotations.NullMarked;
