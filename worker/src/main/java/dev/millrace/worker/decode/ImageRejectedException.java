package dev.millrace.worker.decode;

/** An image is at fault. Carries no stack trace: bad images are data, and may come at line rate. */
public final class ImageRejectedException extends Exception {

    private static final long serialVersionUID = 1;

    private final RejectionReason reason;

    public ImageRejectedException(RejectionReason reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    public RejectionReason reason() {
        return reason;
    }
}
