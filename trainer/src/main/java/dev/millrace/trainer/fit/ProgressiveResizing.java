package dev.millrace.trainer.fit;

import dev.millrace.trainer.dataset.ImageShape;

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

    /** The shape of the small images. */
    ImageShape of(ImageShape whole) {
        return new ImageShape(scaled(whole.height()), scaled(whole.width()), whole.channels());
    }

    private int scaled(int side) {
        return (int) Math.max(1, Math.round(side * scale));
    }
}
