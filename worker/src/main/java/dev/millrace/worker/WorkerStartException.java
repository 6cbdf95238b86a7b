package dev.millrace.worker;

import java.io.Serial;

/** A worker could not start; the message says which part and why. */
public final class WorkerStartException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    WorkerStartException(String message) {
        super(message);
    }

    WorkerStartException(String message, Throwable cause) {
        super(message, cause);
    }
}
