/** Faults on purpose: runs every fault against a real broker and real workers, and reports what it cost. Nothing depends on it. */
@NullMarked
package dev.millrace.bench.faults;

import org.jspecify.annotations.NullMarked;
