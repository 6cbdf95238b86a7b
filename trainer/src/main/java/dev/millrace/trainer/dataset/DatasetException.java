package dev.millrace.trainer.dataset;

import java.io.IOException;

/** A data set that is missing or malformed. The message names the file and what was expected of it. */
public final class DatasetException extends IOException {
    private static final long serialVersionUID = 1L;

    DatasetException(String message) {
        super(message);
    }
}
