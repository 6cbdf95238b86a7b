/**
 * Whether a candidate may serve: a declared list of limits, a candidate that is run in a bounded process of its own, and a decision that
 * only compares figures with limits. {@link dev.millrace.trainer.gate.Gate} is the entry.
 */
@NullMarked
package dev.millrace.trainer.gate;

import org.jspecify.annotations.NullMarked;
