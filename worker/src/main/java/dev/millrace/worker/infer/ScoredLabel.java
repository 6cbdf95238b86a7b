package dev.millrace.worker.infer;

/**
 * A class and how sure the model is of it.
 *
 * @param index of the class, from 0
 * @param score softmax probability, 0 to 1
 */
public record ScoredLabel(int index, String label, float score) {}
