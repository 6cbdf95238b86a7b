package dev.millrace.producer;

import java.io.Serial;

/**
 * A request was not published: Kafka did not take it, or too many were in flight for too long. It may be published again
 * under the same id.
 */
public final class PublishException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    PublishException(String requestId, Throwable cause) {
        super("request " + requestId + ": not published: " + cause.getMessage(), cause);
    }
}
