package dev.millrace.trainer.net;

import java.util.List;

/**
 * One tensor of weights that an operation reads.
 *
 * @param dimensions as in PyTorch
 * @param learned whether a gradient reaches it; otherwise it is a running statistic
 */
public record WeightShape(String name, List<Integer> dimensions, boolean learned) {
    public WeightShape {
        dimensions = List.copyOf(dimensions);
    }

    static WeightShape learned(String name, Integer... dimensions) {
        return new WeightShape(name, List.of(dimensions), true);
    }

    static WeightShape measured(String name, Integer... dimensions) {
        return new WeightShape(name, List.of(dimensions), false);
    }

    /** How many values. */
    public int size() {
        return dimensions.stream().reduce(1, Math::multiplyExact);
    }
}
