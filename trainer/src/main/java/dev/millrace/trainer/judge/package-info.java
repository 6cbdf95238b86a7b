/**
 * The judge, purely: what was seen of a trial's two versions, what that proves, and what follows from it by a policy. It knows neither Kafka
 * nor a clock; {@code service} brings the records and acts.
 */
@NullMarked
package dev.millrace.trainer.judge;

import org.jspecify.annotations.NullMarked;
