package dev.millrace.worker.rehearsal;

import java.io.Serial;

/** Whoever wanted the rehearsal is going, and was interrupted: it says nothing of the model. */
public final class RehearsalStoppedException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    RehearsalStoppedException(String message) {
        super(message);
    }
}
