package dev.millrace.bench.measure;

import java.util.Arrays;
import java.util.List;

/**
 * What several rounds gave for one figure.
 *
 * @param low first quartile
 * @param high third quartile
 * @param hidden whether noise hides it: the quartiles are further apart than a tenth of the median
 * @param rounds in the order in which they ran
 */
public record Figure(double median, double low, double high, boolean hidden, List<Double> rounds) {
    private static final double SPREAD_LIMIT = 0.1;

    /** Copies the rounds. */
    public Figure {
        rounds = List.copyOf(rounds);
    }

    /**
     * Sums rounds up; quartiles are interpolated (type 7 of Hyndman and Fan, "Sample quantiles in statistical packages",
     * 1996).
     *
     * @param rounds at least one
     */
    public static Figure of(List<Double> rounds) {
        if (rounds.isEmpty()) {
            throw new IllegalArgumentException("rounds: none (expected: at least 1)");
        }
        double[] sorted =
                rounds.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        double median = quantile(sorted, 0.5);
        double low = quantile(sorted, 0.25);
        double high = quantile(sorted, 0.75);
        return new Figure(median, low, high, high - low > SPREAD_LIMIT * Math.abs(median), rounds);
    }

    /** Sums rounds up. */
    public static Figure of(double... rounds) {
        return of(Arrays.stream(rounds).boxed().toList());
    }

    private static double quantile(double[] sorted, double share) {
        double at = share * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}
