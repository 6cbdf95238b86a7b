package dev.millrace.worker.rehearsal;

import java.io.IOException;
import java.io.Serial;

/** No rehearsal could be held, for want of disk or of a process, say: it tells nothing of the model. A later one may be held. */
public final class RehearsalUnavailableException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    RehearsalUnavailableException(String message) {
        super(message);
    }

    RehearsalUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
