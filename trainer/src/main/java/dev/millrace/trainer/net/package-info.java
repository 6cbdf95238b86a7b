/**
 * What a network is: one declared list of operations. PyTorch runs that list when training and ONNX is written from it, so that the
 * topology is said once.
 */
@NullMarked
package dev.millrace.trainer.net;

import org.jspecify.annotations.NullMarked;
