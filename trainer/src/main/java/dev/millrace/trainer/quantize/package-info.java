/**
 * Static int8 quantization of an fp32 ONNX model: value ranges are measured on training images (calibration), then every tensor gets a
 * scale and the graph is rewritten in QDQ form, which ONNX Runtime fuses into integer kernels.
 */
@NullMarked
package dev.millrace.trainer.quantize;

import org.jspecify.annotations.NullMarked;
