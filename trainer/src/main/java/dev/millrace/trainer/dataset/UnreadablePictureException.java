package dev.millrace.trainer.dataset;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** A picture file that cannot be decoded when its turn comes. The message names the file and what is wrong with it. */
public final class UnreadablePictureException extends UncheckedIOException {
    private static final long serialVersionUID = 1L;

    UnreadablePictureException(Path file, Exception cause) {
        super(message(file, cause), cause instanceof IOException io ? io : new IOException(cause));
    }

    static String message(Path file, Exception cause) {
        return "%s: cannot be read as a picture: %s".formatted(file, cause.getMessage());
    }
}
