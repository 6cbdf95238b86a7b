/** How much of what ONNX Runtime can do by itself a lane gets out of it, and where the rest goes. */
@NullMarked
package dev.millrace.bench.limit;

import org.jspecify.annotations.NullMarked;
