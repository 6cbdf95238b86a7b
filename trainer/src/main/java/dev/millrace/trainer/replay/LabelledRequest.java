package dev.millrace.trainer.replay;

/**
 * A request whose true label is known, and where it is.
 *
 * @param label class index of the model
 */
public record LabelledRequest(String requestId, int label, String topic, int partition, long offset) {}
