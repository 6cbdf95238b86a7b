/**
 * Whether a model's answers still look like those that it gave when it was made, purely: no labels are needed. It knows neither Kafka nor a
 * clock; {@code service} brings the answers and acts.
 */
@NullMarked
package dev.millrace.trainer.drift;

import org.jspecify.annotations.NullMarked;
