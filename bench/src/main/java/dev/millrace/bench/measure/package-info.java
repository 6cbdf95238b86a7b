/** Figures of several rounds, and the machine that they were taken on. Pure, but for {@code Environment.here}. */
@NullMarked
package dev.millrace.bench.measure;

import org.jspecify.annotations.NullMarked;
