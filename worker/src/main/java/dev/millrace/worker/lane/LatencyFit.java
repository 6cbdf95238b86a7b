package dev.millrace.worker.lane;

import java.time.Duration;

/**
 * Learns how long a session run takes as a + b x images, and from that the most images whose run stays under a limit.
 *
 * <p>Least squares with exponential forgetting (Åström and Wittenmark, Adaptive Control, 1995, section 2.2), over running
 * sums. A run that is further off than three mean deviations counts as if it were only that far off (Huber, 1964): one
 * pause of the machine moves little, a lasting change is followed, because the deviation grows with it. Neither a nor b
 * goes below zero, so that runs of one size alone still bound what twice the size may take; no size is tried before one
 * of half of it. Lane thread only.
 */
final class LatencyFit {
    /** Weight of the past against one run: about the last 25 runs count. */
    private static final double MEMORY = 0.96;
    /** Runs that are believed as they are: no deviation is known yet. */
    private static final int BELIEVED = 4;

    private static final double MOST_DEVIATIONS = 3;
    private static final double LEAST_DEVIATION = 0.05;
    private static final double DEVIATION_STEP = 0.2;
    /** Spread of sizes, relative to their mean, below which they tell nothing of b. */
    private static final double LEAST_SPREAD = 1e-3;

    private final double limitNanos;
    private double weight;
    private double sizes;
    private double nanos;
    private double sizesSquared;
    private double sizesTimesNanos;
    private double fixedNanos;
    private double nanosPerImage = Double.POSITIVE_INFINITY;
    private double deviation;
    private double reach = 1;

    LatencyFit(Duration limit) {
        limitNanos = limit.toNanos();
    }

    /** Learns from one run. */
    void observe(int size, long tookNanos) {
        double took = weight < BELIEVED ? tookNanos : clipped(tookNanos - predictNanos(size)) + predictNanos(size);
        weight = MEMORY * weight + 1;
        sizes = MEMORY * sizes + size;
        nanos = MEMORY * nanos + took;
        sizesSquared = MEMORY * sizesSquared + (double) size * size;
        sizesTimesNanos = MEMORY * sizesTimesNanos + size * took;
        reach = Math.max(size, 1 + (reach - 1) * MEMORY);
        solve();
    }

    private double clipped(double residual) {
        double typical = Math.max(deviation, LEAST_DEVIATION * nanos / weight);
        double kept = Math.max(-MOST_DEVIATIONS * typical, Math.min(MOST_DEVIATIONS * typical, residual));
        deviation = typical + DEVIATION_STEP * (Math.abs(kept) - typical);
        return kept;
    }

    /** With sizes that do not differ the old b stands, as far as it goes with the mean. */
    private void solve() {
        double meanSize = sizes / weight;
        double meanNanos = nanos / weight;
        double spread = sizesSquared / weight - meanSize * meanSize;
        if (spread > LEAST_SPREAD * meanSize * meanSize) {
            nanosPerImage = (sizesTimesNanos / weight - meanSize * meanNanos) / spread;
        }
        nanosPerImage = Math.max(0, Math.min(nanosPerImage, meanNanos / meanSize));
        fixedNanos = meanNanos - nanosPerImage * meanSize;
    }

    /** What a run of that size will take; 0 before the first one. */
    double predictNanos(int size) {
        return weight == 0 ? 0 : fixedNanos + nanosPerImage * size;
    }

    /** The most images to run at once, 1 to {@code max}: one image is always allowed. */
    int largest(int max) {
        double withinReach = Math.min(max, Math.floor(2 * reach));
        if (weight == 0) {
            return 1;
        }
        double withinLimit = nanosPerImage > 0
                ? Math.floor((limitNanos - fixedNanos) / nanosPerImage)
                : fixedNanos <= limitNanos ? max : 1;
        return (int) Math.max(1, Math.min(withinReach, withinLimit));
    }
}
