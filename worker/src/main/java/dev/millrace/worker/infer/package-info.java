/**
 * Images to answers in one thread: decode, run, head. {@link dev.millrace.worker.infer.Predictor} is the embeddable
 * entry, used by applications, the lanes, the trainer's evaluation and the command line alike. Knows no broker.
 */
@NullMarked
package dev.millrace.worker.infer;

import org.jspecify.annotations.NullMarked;
