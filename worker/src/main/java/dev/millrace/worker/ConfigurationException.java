package dev.millrace.worker;

import java.io.Serial;

/** A setting that is unknown, or cannot have the value it was given. */
public final class ConfigurationException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    ConfigurationException(String message) {
        super(message);
    }
}
