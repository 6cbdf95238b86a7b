package dev.millrace.schemas.topic;

import java.io.Serial;

/** No Kafka broker answers at the address that was given. */
public final class BrokerUnreachableException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    BrokerUnreachableException(String message) {
        super(message);
    }
}
