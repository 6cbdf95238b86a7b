package dev.millrace.trainer.torch;

/** PyTorch's native libraries are not there. The message says what to do. */
public final class TorchUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TorchUnavailableException(Throwable cause) {
        super(
                "PyTorch's native libraries cannot be loaded (" + cause.getMessage()
                        + "). Training needs them; serving does not."
                        + " Expected: a build without -Dmillrace.serving-only, on linux-x86_64, macosx-arm64 or windows-x86_64.",
                cause);
    }
}
