package dev.millrace.worker.model;

import java.util.List;

/**
 * A graph output that the task head reads, float.
 *
 * @param tensor its name
 * @param shape of one image: without the batch
 */
public record ModelOutput(String tensor, List<Integer> shape) {
    /** @throws IllegalArgumentException if a dimension is below 1, or there are more than 2^31 - 1 values */
    public ModelOutput {
        shape = List.copyOf(shape);
        long values = 1;
        for (int dimension : shape) {
            values *= Math.max(0, dimension);
            if (values < 1 || values > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(
                        "output: " + tensor + shape + " (expected: dimensions from 1, at most 2^31 - 1 values)");
            }
        }
    }

    /** A classifier's logits. */
    public static ModelOutput logits(String tensor, int labels) {
        return new ModelOutput(tensor, List.of(labels));
    }

    /** Floats of one image. */
    public int values() {
        return shape.stream().reduce(1, Math::multiplyExact);
    }

    /** The shape of {@code n} images; -1 for any number of them. */
    public long[] batch(int n) {
        long[] batch = new long[1 + shape.size()];
        batch[0] = n;
        for (int i = 0; i < shape.size(); i++) {
            batch[1 + i] = shape.get(i);
        }
        return batch;
    }
}
