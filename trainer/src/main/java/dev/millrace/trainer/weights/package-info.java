/** Weights outside any engine: float tensors by name, their file format (safetensors) and a trained network with all it needs to be used. */
@NullMarked
package dev.millrace.trainer.weights;

import org.jspecify.annotations.NullMarked;
