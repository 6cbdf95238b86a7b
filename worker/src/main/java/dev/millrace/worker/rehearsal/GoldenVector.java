package dev.millrace.worker.rehearsal;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * An image and what the model gave for it where it was known to be right.
 *
 * @param pixels HWC, uint8, of the model's size; from position to limit
 * @param logits by class index
 * @param tolerance how far a logit may be off
 */
public record GoldenVector(ByteBuffer pixels, List<Float> logits, float tolerance) {
    /** @throws IllegalArgumentException for a tolerance that is none */
    public GoldenVector {
        pixels = pixels.asReadOnlyBuffer();
        logits = List.copyOf(logits);
        if (!(tolerance >= 0) || Float.isInfinite(tolerance)) {
            throw new IllegalArgumentException("tolerance: " + tolerance + " (expected: a number from 0)");
        }
    }
}
