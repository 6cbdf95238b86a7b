package dev.millrace.trainer.evaluate;

import java.util.Arrays;

/** Times in the order they come. */
final class Timings {
    private double[] values;
    private int size;

    Timings(int expected) {
        values = new double[Math.max(1, expected)];
    }

    void add(double value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, 2 * size);
        }
        values[size++] = value;
    }

    /** The smallest value that a share {@code q} of all values do not exceed (nearest rank). */
    double quantile(double q) {
        double[] sorted = Arrays.copyOf(values, size);
        Arrays.sort(sorted);
        return sorted[Math.max(0, (int) Math.ceil(q * size) - 1)];
    }
}
