/** Rounds: what is asked of them, what they gave, and the machine that they were taken on. */
@NullMarked
package dev.millrace.bench.measure;

import org.jspecify.annotations.NullMarked;
