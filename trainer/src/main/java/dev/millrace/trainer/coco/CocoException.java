package dev.millrace.trainer.coco;

import java.io.IOException;

/** A data set of boxes that is missing or malformed. The message names the file, the place in it and what was expected there. */
public final class CocoException extends IOException {
    private static final long serialVersionUID = 1L;

    CocoException(String message) {
        super(message);
    }
}
