package dev.millrace.trainer.calibrate;

import dev.millrace.trainer.weights.FloatTensor;

/**
 * The values that a tensor takes, and the uint8 quantization that follows: {@code real = (quantized - zeroPoint) * scale}. The range
 * always holds 0, so that zero padding and a dropped Relu are exact.
 *
 * @param min at most 0
 * @param max at least 0
 */
public record Range(float min, float max) {
    private static final float MIN_SCALE = 1e-8f;

    public Range {
        if (!Float.isFinite(min) || !Float.isFinite(max)) {
            throw new IllegalArgumentException("range: %s to %s (expected: finite)".formatted(min, max));
        }
        min = Math.min(0, min);
        max = Math.max(0, max);
    }

    /** From the lowest to the highest value of a constant. */
    public static Range of(FloatTensor tensor) {
        float min = 0;
        float max = 0;
        for (float value : tensor.values()) {
            min = Math.min(min, value);
            max = Math.max(max, value);
        }
        return new Range(min, max);
    }

    public Range union(Range other) {
        return new Range(Math.min(min, other.min), Math.max(max, other.max));
    }

    public float scale() {
        return Math.max(MIN_SCALE, (max - min) / 255);
    }

    public int zeroPoint() {
        return Math.max(0, Math.min(255, Math.round(-min / scale())));
    }
}
