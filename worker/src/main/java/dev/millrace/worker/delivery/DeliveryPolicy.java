package dev.millrace.worker.delivery;

import java.time.Duration;

/**
 * How a lane settles what it takes.
 *
 * @param maxInFlight records published and not yet acknowledged, at which a lane takes no more
 * @param maxInFlightBytes the same in bytes of requests and answers
 * @param revokeDeadline how long a lane that must give partitions up waits for acknowledgements, so that it can commit
 */
public record DeliveryPolicy(DeliveryMode mode, int maxInFlight, long maxInFlightBytes, Duration revokeDeadline) {
    /** Checks the bounds. */
    public DeliveryPolicy {
        if (maxInFlight < 1 || maxInFlight > 1_000_000) {
            throw new IllegalArgumentException("inflight.max: " + maxInFlight + " (expected: 1 to 1000000)");
        }
        if (maxInFlightBytes < 1) {
            throw new IllegalArgumentException("inflight.bytes: " + maxInFlightBytes + " (expected: at least 1)");
        }
    }
}
