package dev.millrace.trainer.quantize;

/** Counts of values in equal bins over a known range. */
final class Histogram {
    private static final int BINS = 2048;

    private final Range range;
    private final long[] counts = new long[BINS];
    private long total;

    Histogram(Range range) {
        this.range = range;
    }

    void add(float value) {
        double at = (value - range.min()) / Math.max(Float.MIN_NORMAL, range.max() - range.min());
        counts[(int) Math.max(0, Math.min(BINS - 1, at * BINS))]++;
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
        float bin = (range.max() - range.min()) / BINS;
        return new Range(range.min() + first * bin, range.min() + (last + 1) * bin);
    }
}
