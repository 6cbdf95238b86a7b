/**
 * Retraining: a run takes the champion's float weights, the base data and what the stream has taught, and makes a candidate in steps that
 * are each done once, whatever ends the process meanwhile. It runs in a process of its own; it knows neither Kafka nor when to begin, which
 * {@code service} does.
 */
@NullMarked
package dev.millrace.trainer.retrain;

import org.jspecify.annotations.NullMarked;
