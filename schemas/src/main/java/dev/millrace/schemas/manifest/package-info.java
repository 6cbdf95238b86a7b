/** A model version as a signed manifest, and its ONNX bytes as chunks on the artifacts topic. */
@NullMarked
package dev.millrace.schemas.manifest;

import org.jspecify.annotations.NullMarked;
