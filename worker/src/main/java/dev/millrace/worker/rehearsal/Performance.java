package dev.millrace.worker.rehearsal;

import java.util.List;

/**
 * What a model did in a process of its own.
 *
 * @param logits by image, in their order, then by class index; all of them numbers
 * @param medianMs a run of one image
 */
public record Performance(List<List<Float>> logits, double medianMs) {}
