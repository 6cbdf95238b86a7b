package dev.millrace.schemas.confluent;

import java.io.Serial;
import org.apache.kafka.common.errors.RetriableException;

/** The schema registry has not said what it was asked: that says nothing of the record, which may be tried again. */
public final class RegistryUnavailableException extends RetriableException {
    @Serial
    private static final long serialVersionUID = 1L;

    RegistryUnavailableException(String message) {
        super(message);
    }
}
