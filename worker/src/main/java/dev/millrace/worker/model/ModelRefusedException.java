package dev.millrace.worker.model;

/** A model version, or the file or device it needs, cannot serve. The version that was live before stays live. */
public final class ModelRefusedException extends Exception {

    private static final long serialVersionUID = 1;

    public ModelRefusedException(String message) {
        super(message);
    }

    public ModelRefusedException(String message, Throwable cause) {
        super(message, cause);
    }
}
