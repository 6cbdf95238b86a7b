package dev.millrace.worker.lane;

import dev.millrace.worker.delivery.FatalDeliveryException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.InvalidGroupIdException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/**
 * What a failed turn means for its lane. The third class, poison, is a matter of one record: it becomes a dead letter and
 * fails no turn.
 */
enum RetryClass {
    /** May pass: the lane waits, and reads again what is not settled. */
    TRANSIENT,
    /** Will not pass: the lane ends and keeps its offsets, and the worker is no longer live. */
    FATAL;

    /**
     * The class of a failure. A missing or forbidden topic is transient, because someone can mend it while the lane
     * waits; what another member or the broker's version decided is not.
     */
    static RetryClass of(RuntimeException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof FatalDeliveryException
                    || cause instanceof FencedInstanceIdException
                    || cause instanceof InvalidGroupIdException
                    || cause instanceof UnsupportedVersionException) {
                return FATAL;
            }
        }
        return TRANSIENT;
    }
}
