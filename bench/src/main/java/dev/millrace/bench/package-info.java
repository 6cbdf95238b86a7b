/** Micro benchmarks of the pieces of a lane, and the command that runs them. Nothing depends on this module. */
@NullMarked
package dev.millrace.bench;

import org.jspecify.annotations.NullMarked;
