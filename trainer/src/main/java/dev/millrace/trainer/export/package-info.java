/** Writes a trained network as an ONNX file: the same operations, batch norms folded into their convolutions. */
@NullMarked
package dev.millrace.trainer.export;

import org.jspecify.annotations.NullMarked;
