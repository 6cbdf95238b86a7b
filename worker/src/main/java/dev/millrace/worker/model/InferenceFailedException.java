package dev.millrace.worker.model;

/** A loaded model failed on a batch or gave logits that are no numbers: the model is at fault, not the images. */
public final class InferenceFailedException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public InferenceFailedException(String message) {
        super(message);
    }

    public InferenceFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
