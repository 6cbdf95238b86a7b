package dev.millrace.trainer.weights;

import java.util.Arrays;
import java.util.List;

/** Float values in row-major order with their shape. Holds the arrays it is given: whoever makes one hands them over. */
public final class FloatTensor {
    private final long[] shape;
    private final float[] values;

    /**
     * Takes over both arrays.
     *
     * @throws IllegalArgumentException when the shape does not hold that many values
     */
    public FloatTensor(long[] shape, float[] values) {
        long size = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        if (size != values.length) {
            throw new IllegalArgumentException(
                    "values: %d (expected: %d for shape %s)".formatted(values.length, size, Arrays.toString(shape)));
        }
        this.shape = shape;
        this.values = values;
    }

    public static FloatTensor vector(float... values) {
        return new FloatTensor(new long[] {values.length}, values);
    }

    public static FloatTensor filled(float value, int size) {
        float[] values = new float[size];
        Arrays.fill(values, value);
        return vector(values);
    }

    /** One value per channel, to be combined with feature maps: [1, channels, 1, 1]. */
    public static FloatTensor perChannel(List<Float> values) {
        FloatTensor filled = filled(0, values.size());
        for (int c = 0; c < filled.values.length; c++) {
            filled.values[c] = values.get(c);
        }
        return new FloatTensor(new long[] {1, values.size(), 1, 1}, filled.values);
    }

    public long[] shape() {
        return shape;
    }

    public float[] values() {
        return values;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FloatTensor that
                && Arrays.equals(shape, that.shape)
                && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(shape) + Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return "FloatTensor" + Arrays.toString(shape);
    }
}
