/** The processes that a measurement or a fault is about, and the CPUs they may use. */
@NullMarked
package dev.millrace.bench.process;

import org.jspecify.annotations.NullMarked;
