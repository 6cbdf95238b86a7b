/**
 * What may be decided about the versions of a model: from what is on record to what is to be written, purely. {@code publish} reads the
 * one and writes the other.
 */
@NullMarked
package dev.millrace.trainer.rollout;

import org.jspecify.annotations.NullMarked;
