/**
 * Runs a network in PyTorch (by way of bytedeco): forward, and one training step. The only package that knows PyTorch; everything goes
 * in and out as plain arrays and {@link dev.millrace.trainer.weights.FloatTensor}.
 */
@NullMarked
package dev.millrace.trainer.torch;

import org.jspecify.annotations.NullMarked;
