package dev.millrace.trainer.observe;

/**
 * What kind of values a tensor holds.
 *
 * @param real float32; else whole numbers, truth values, half precision...
 * @param rank number of dimensions
 */
public record TensorKind(boolean real, int rank) {}
