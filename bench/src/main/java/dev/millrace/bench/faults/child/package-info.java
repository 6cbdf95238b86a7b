/** The broker and the workers of a run as child JVMs, and the fail points inside a worker. */
@NullMarked
package dev.millrace.bench.faults.child;

import org.jspecify.annotations.NullMarked;
