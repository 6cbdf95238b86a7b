package dev.millrace.trainer.net;

import java.util.List;
import java.util.Locale;

/**
 * What a network costs.
 *
 * @param parameters weights that training changes; the running statistics of batch norms are none
 * @param multiplyAccumulates of its convolutions and linear layers for one image
 */
public record NetworkCost(long parameters, long multiplyAccumulates) {
    private static final double MILLION = 1e6;

    /** Counts; nothing is computed. */
    public static NetworkCost of(Network network) {
        FeatureMaps maps = new FeatureMaps(network.input());
        long parameters = 0;
        long multiplyAccumulates = 0;
        for (Op op : network.ops()) {
            maps.add(op);
            for (WeightShape weight : op.weights()) {
                parameters += weight.learned() ? weight.size() : 0;
            }
            FeatureMap made = maps.of(op.name());
            multiplyAccumulates += (long) made.height() * made.width() * perPixel(op.weights());
        }
        return new NetworkCost(parameters, multiplyAccumulates);
    }

    /** In words: {@code 2.79 M weights, 205.1 M multiply-accumulates}. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%.2f M weights, %.1f M multiply-accumulates",
                parameters / MILLION,
                multiplyAccumulates / MILLION);
    }

    /** A weight of more than one dimension meets every pixel that its operation makes once; the others are added. */
    private static long perPixel(List<WeightShape> weights) {
        return weights.stream()
                .filter(weight -> weight.dimensions().size() > 1)
                .mapToLong(WeightShape::size)
                .sum();
    }
}
