/** Runs a model and shows what is inside: the only package of the trainer that calls ONNX Runtime itself. */
@NullMarked
package dev.millrace.trainer.observe;

import org.jspecify.annotations.NullMarked;
