package dev.millrace.worker.lane;

import java.time.Duration;

/**
 * How a lane forms batches and how far it may run ahead of the broker's acknowledgements.
 *
 * @param max most images in one session run
 * @param linger how long to wait for more once one has arrived; zero takes what is there
 * @param topK labels in a result
 * @param maxInFlight records published and not yet acknowledged, at which the lane waits before it takes more
 */
public record BatchPolicy(int max, Duration linger, int topK, int maxInFlight) {
    /** Checks the bounds. */
    public BatchPolicy {
        require("batch.max", max, 1, 1024);
        require("top.k", topK, 1, 1000);
        require("inflight.max", maxInFlight, max, 1_000_000);
        if (linger.isNegative() || linger.toMillis() > 10_000) {
            throw new IllegalArgumentException("batch.linger: " + linger + " (expected: 0 to 10 s)");
        }
    }

    private static void require(String key, int value, int from, int to) {
        if (value < from || value > to) {
            throw new IllegalArgumentException(key + ": " + value + " (expected: " + from + " to " + to + ")");
        }
    }
}
