/**
 * Live models: load, lease, swap, retire. The only package of the worker that imports ONNX Runtime, and the only one
 * where the control plane (which swaps) meets the data plane (which leases).
 */
@NullMarked
package dev.millrace.worker.model;

import org.jspecify.annotations.NullMarked;
