package dev.millrace.worker.delivery;

import java.io.Serial;

/** Trying again will not help: the lane must end, and its offsets stay where they are. */
public final class FatalDeliveryException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** {@code message} says what is wrong and what was expected. */
    public FatalDeliveryException(String message, Throwable cause) {
        super(message, cause);
    }
}
