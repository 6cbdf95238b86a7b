package dev.millrace.trainer.fit;

/**
 * Smaller images at first: their epochs cost less, by about the square of the scale, and teach what the rest builds on ("progressive
 * resizing"; Howard 2018, Tan and Le 2021).
 *
 * @param scale of height and width, above 0 and below 1
 * @param epochs that see smaller images, from the first one on
 */
public record ProgressiveResizing(double scale, int epochs) {
    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException when one is left
     */
    public ProgressiveResizing {
        if (!(scale > 0 && scale < 1)) {
            throw new IllegalArgumentException("scale: %s (expected: above 0 and below 1)".formatted(scale));
        }
        if (epochs < 1) {
            throw new IllegalArgumentException("small epochs: %d (expected: from 1)".formatted(epochs));
        }
    }
}
