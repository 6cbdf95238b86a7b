package dev.millrace.trainer.replay;

/**
 * What became of labels.
 *
 * @param seen that came, each time that they came
 * @param outside that are no class of the model
 * @param unknown that waited for their result until newer ones took their place
 * @param waiting for their result now
 */
public record LabelCounts(long seen, long outside, long unknown, long waiting) {}
