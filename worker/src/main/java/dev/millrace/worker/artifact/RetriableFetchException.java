package dev.millrace.worker.artifact;

import java.io.Serial;

/** The artifact could not be read just now; the decision stands and is tried again. */
public final class RetriableFetchException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    RetriableFetchException(String message) {
        super(message);
    }

    RetriableFetchException(String message, Throwable cause) {
        super(message, cause);
    }
}
