package dev.millrace.worker.delivery;

import dev.millrace.worker.publish.PublishFailure;
import java.io.Serial;

/** A result or dead letter could not be put on the broker: the turn did not succeed and its records are read again. */
public final class PublishFailedException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    PublishFailedException(PublishFailure failure) {
        super("publish: " + failure.cause().getMessage(), failure.cause());
    }
}
