/**
 * Runs a model that nobody may trust yet where it can do no harm: in a process with bounded memory and time. The worker
 * rehearses every version so before it loads it, the trainer's gate judges candidates so. Knows neither Kafka nor Avro.
 */
@NullMarked
package dev.millrace.worker.rehearsal;

import org.jspecify.annotations.NullMarked;
