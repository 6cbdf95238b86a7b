/** The clients of a run: the producer of requests, the reader of terminal records, the sampler of committed offsets. */
@NullMarked
package dev.millrace.bench.faults.load;

import org.jspecify.annotations.NullMarked;
