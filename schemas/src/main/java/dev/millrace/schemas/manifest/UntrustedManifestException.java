package dev.millrace.schemas.manifest;

import java.io.Serial;

/** A model version that must not be served: its manifest is unreadable, unsigned or signed by nobody who is trusted. */
public final class UntrustedManifestException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    UntrustedManifestException(String message) {
        super(message);
    }
}
