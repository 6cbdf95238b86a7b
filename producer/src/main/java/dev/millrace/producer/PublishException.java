package dev.millrace.producer;

import java.io.Serial;

/** Kafka did not take a request. The request may be published again under the same id. */
public final class PublishException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    PublishException(String requestId, Throwable cause) {
        super("request " + requestId + ": not published: " + cause.getMessage(), cause);
    }
}
