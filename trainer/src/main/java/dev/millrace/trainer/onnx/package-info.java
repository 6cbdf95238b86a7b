/** Reading and writing ONNX files: nodes, tensors, metadata. Knows the format, not what the models are for. */
@NullMarked
package dev.millrace.trainer.onnx;

import org.jspecify.annotations.NullMarked;
