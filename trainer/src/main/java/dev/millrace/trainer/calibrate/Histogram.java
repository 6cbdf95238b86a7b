package dev.millrace.trainer.calibrate;

import java.util.function.ToDoubleFunction;

/** Counts of values in equal bins over a known range, and the range that a method chooses by them. */
final class Histogram {
    private static final int BINS = 2048;
    private static final int LEVELS = 256;
    /** Ends that a search tries, evenly between the middle half of the bins and all of them. */
    private static final int CANDIDATES = 96;

    private final Range range;
    private final double bin;
    private final long[] counts = new long[BINS];
    private long total;

    Histogram(Range range) {
        this.range = range;
        this.bin = Math.max(Float.MIN_NORMAL, (double) range.max() - range.min()) / BINS;
    }

    void add(float value) {
        double at = (value - range.min()) / bin;
        counts[(int) Math.max(0, Math.min(BINS - 1, at))]++;
        total++;
    }

    /** The range without at most this share of the values at either end. */
    Range without(double share) {
        long allowed = (long) (total * share);
        int first = 0;
        for (long left = counts[0]; left <= allowed && first < BINS - 1; left += counts[first]) {
            first++;
        }
        int last = BINS - 1;
        for (long left = counts[last]; left <= allowed && last > first; left += counts[last]) {
            last--;
        }
        return between(first, last);
    }

    Range leastSquaredError() {
        return search(this::squaredError);
    }

    Range leastDivergence() {
        return search(this::divergence);
    }

    /** First the upper end, then the lower end for it. An end at 0 stays there. */
    private Range search(ToDoubleFunction<int[]> cost) {
        int zero = (int) Math.max(0, Math.min(BINS - 1, -range.min() / bin));
        int last = BINS - 1;
        if (range.max() > 0) {
            last = best(zero, BINS - 1, end -> cost.applyAsDouble(new int[] {0, end}));
        }
        int chosenLast = last;
        int first = 0;
        if (range.min() < 0) {
            first = best(zero, 0, end -> cost.applyAsDouble(new int[] {end, chosenLast}));
        }
        return between(first, chosenLast);
    }

    /** The end of least cost between a quarter of the way from {@code inner} and {@code outer}; the outermost of equals. */
    private static int best(int inner, int outer, ToDoubleFunction<Integer> cost) {
        int best = outer;
        double lowest = Double.POSITIVE_INFINITY;
        for (int i = 0; i < CANDIDATES; i++) {
            int end = (int) Math.round(outer + (inner - outer) * 0.75 * i / CANDIDATES);
            double found = cost.applyAsDouble(end);
            if (found < lowest) {
                lowest = found;
                best = end;
            }
        }
        return best;
    }

    private double squaredError(int[] ends) {
        double low = range.min() + ends[0] * bin;
        double high = range.min() + (ends[1] + 1) * bin;
        double step = (high - low) / (LEVELS - 1);
        double error = 0;
        for (int i = 0; i < BINS; i++) {
            double value = range.min() + (i + 0.5) * bin;
            double clipped = Math.max(0, Math.max(low - value, value - high));
            error += counts[i] * (clipped * clipped + (clipped == 0 ? step * step / 12 : 0));
        }
        return error;
    }

    /** Values outside count at the ends; the bin of 0 is left out, since rectifiers fill it and it is always exact. */
    private double divergence(int[] ends) {
        int first = ends[0];
        int size = ends[1] - first + 1;
        double[] real = new double[size];
        double mass = 0;
        int zero = (int) (-range.min() / bin);
        for (int i = 0; i < BINS; i++) {
            if (i != zero) {
                real[Math.max(0, Math.min(size - 1, i - first))] += counts[i];
                mass += counts[i];
            }
        }
        double divergence = 0;
        for (int level = 0; level < LEVELS; level++) {
            int from = (int) ((long) level * size / LEVELS);
            int to = (int) ((level + 1L) * size / LEVELS);
            double sum = 0;
            int filled = 0;
            for (int i = from; i < to; i++) {
                int at = first + i;
                double seen = at == zero ? 0 : counts[at];
                sum += seen;
                filled += seen > 0 ? 1 : 0;
            }
            for (int i = from; i < to; i++) {
                if (real[i] > 0) {
                    // What was clipped onto an empty bin has no counterpart: a small one keeps the sum finite.
                    double quantized = filled == 0 ? 1e-4 : sum / filled;
                    divergence += real[i] / mass * Math.log(real[i] / quantized);
                }
            }
        }
        return divergence;
    }

    private Range between(int first, int last) {
        return new Range((float) (range.min() + first * bin), (float) (range.min() + (last + 1) * bin));
    }
}
