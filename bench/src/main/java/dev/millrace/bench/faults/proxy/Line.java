package dev.millrace.bench.faults.proxy;

import java.time.Duration;

/**
 * One direction of a link.
 *
 * @param latency added to every chunk of bytes
 * @param jitter the latency varies by this much to either side; order is kept
 * @param bytesPerSecond the most that passes in a second over all connections together; 0: no limit
 * @param blackHole nothing passes, and neither side is told; what was sent arrives when it ends, as TCP would send it again
 */
public record Line(Duration latency, Duration jitter, long bytesPerSecond, boolean blackHole) {
    /** Passes everything at once. */
    public static final Line CLEAR = new Line(Duration.ZERO, Duration.ZERO, 0, false);

    /** Passes nothing. */
    public static final Line BLACK_HOLE = new Line(Duration.ZERO, Duration.ZERO, 0, true);

    /** @throws IllegalArgumentException if a number is negative, or the jitter more than the latency */
    public Line {
        if (latency.isNegative() || jitter.isNegative() || jitter.compareTo(latency) > 0) {
            throw new IllegalArgumentException(
                    "latency: " + latency + " ± " + jitter + " (expected: 0 or more, jitter at most the latency)");
        }
        if (bytesPerSecond < 0) {
            throw new IllegalArgumentException("bytesPerSecond: " + bytesPerSecond + " (expected: 0 or more)");
        }
    }

    /** Passes everything late and slowly. */
    public static Line slow(Duration latency, Duration jitter, long bytesPerSecond) {
        return new Line(latency, jitter, bytesPerSecond, false);
    }
}
