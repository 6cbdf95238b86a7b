/**
 * Labelled images for retraining: labels that come later are joined with the requests they are about, whose pictures are fetched and kept,
 * bounded, on disk. Only {@link dev.millrace.trainer.replay.RequestFetcher} knows Kafka.
 */
@NullMarked
package dev.millrace.trainer.replay;

import org.jspecify.annotations.NullMarked;
