package dev.millrace.worker.delivery;

import java.time.Duration;

/**
 * How a lane settles what it takes.
 *
 * @param maxInFlight records published and not yet acknowledged, at which a lane takes no more
 * @param maxInFlightBytes the same in bytes of requests and answers
 * @param revokeDeadline how long a lane that must give partitions up waits for acknowledgements, so that it can commit
 * @param transactionWindow how long a transaction takes answers in before it is committed
 * @param transactionTimeout after which the broker aborts a transaction
 * @param killerCrashes how many workers a record may end while it is alone in flight, before it is given up
 */
public record DeliveryPolicy(
        DeliveryMode mode,
        int maxInFlight,
        long maxInFlightBytes,
        Duration revokeDeadline,
        Duration transactionWindow,
        Duration transactionTimeout,
        int killerCrashes) {
    /** A share group delivers ten times: once unsuspected, this often alone, once for the envelope, once for a letter. */
    private static final int QUEUE_CRASHES = 7;

    /** Checks the bounds. */
    public DeliveryPolicy {
        int most = mode == DeliveryMode.QUEUE ? QUEUE_CRASHES : Integer.MAX_VALUE;
        if (killerCrashes < 1 || killerCrashes > most) {
            throw new IllegalArgumentException("killer.crashes: " + killerCrashes + " (expected: "
                    + (mode == DeliveryMode.QUEUE ? "1 to " + most + " with --delivery queue" : "at least 1") + ")");
        }
        if (maxInFlight < 1 || maxInFlight > 1_000_000) {
            throw new IllegalArgumentException("inflight.max: " + maxInFlight + " (expected: 1 to 1000000)");
        }
        if (mode == DeliveryMode.EXACTLY_ONCE) {
            requireTime(transactionWindow, transactionTimeout);
        }
        if (revokeDeadline.toMillis() > 60_000) {
            throw new IllegalArgumentException("revoke.deadline: " + revokeDeadline + " (expected: 0 to 1 m)");
        }
        if (maxInFlightBytes < 1) {
            throw new IllegalArgumentException("inflight.bytes: " + maxInFlightBytes + " (expected: at least 1)");
        }
    }

    /** A transaction that is open for its whole window must still have time to be committed. */
    private static void requireTime(Duration window, Duration timeout) {
        if (window.multipliedBy(2).compareTo(timeout) > 0) {
            throw new IllegalArgumentException("txn.window: " + window.toMillis() + "ms (expected: at most half of "
                    + "kafka.transaction.timeout.ms, which is " + timeout.toMillis() + ")");
        }
    }

    /** How far a record is trusted that is tried for the {@code attempt}th time, after {@code crashes} bad ends. */
    static Delivery.Trust trust(int attempt, int crashes) {
        if (attempt <= crashes) {
            return Delivery.Trust.WHOLE;
        }
        // An envelope that ends workers, too, has one try.
        return attempt == crashes + 1 ? Delivery.Trust.ENVELOPE : Delivery.Trust.NONE;
    }
}
