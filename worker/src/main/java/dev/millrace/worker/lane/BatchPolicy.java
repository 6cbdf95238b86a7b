package dev.millrace.worker.lane;

import dev.millrace.worker.decode.DecodeLimits;
import java.time.Duration;

/**
 * How a lane forms batches.
 *
 * @param max most images in one session run
 * @param linger how long to wait for more once one has arrived; zero takes what is there
 * @param latency longest session run to aim for; one image is run however long it takes
 * @param topK labels in a result
 * @param images what one image may cost
 */
public record BatchPolicy(int max, Duration linger, Duration latency, int topK, DecodeLimits images) {
    /** Checks the bounds. */
    public BatchPolicy {
        require("batch.max", max, 1, 1024);
        require("top.k", topK, 1, 1000);
        if (latency.toMillis() < 1 || latency.toMillis() > 60_000) {
            throw new IllegalArgumentException("batch.latency: " + latency + " (expected: 1 ms to 1 m)");
        }
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
