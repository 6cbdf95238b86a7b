package dev.millrace.broker;

/** The broker cannot start, or did not become ready; the message is for the person at the terminal. */
public final class BrokerException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public BrokerException(String message) {
        super(message);
    }

    public BrokerException(String message, Throwable cause) {
        super(message, cause);
    }
}
