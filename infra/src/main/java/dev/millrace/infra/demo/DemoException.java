package dev.millrace.infra.demo;

import java.io.Serial;

/** The demo cannot go on; the message says why. */
final class DemoException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    DemoException(String message) {
        super(message);
    }

    DemoException(String message, Throwable cause) {
        super(message, cause);
    }
}
