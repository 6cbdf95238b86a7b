package dev.millrace.trainer.evaluate;

/**
 * Images of one class that were answered with the label of another.
 *
 * @param images how many
 * @param share of the images of the true class, 0 to 1
 */
public record ConfusedPair(String truth, String answer, int images, double share) {}
