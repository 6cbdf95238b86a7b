package dev.millrace.infra.process;

import java.io.Serial;
import java.nio.file.Path;
import java.util.List;

/** A child ended by itself, or was not ready in time. */
public final class ChildFailedException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient List<String> lastLines;
    private final transient Path log;

    ChildFailedException(String message, List<String> lastLines, Path log) {
        super(message);
        this.lastLines = List.copyOf(lastLines);
        this.log = log;
    }

    /** The last lines of the child's output, oldest first. */
    public List<String> lastLines() {
        return lastLines;
    }

    /** The file with all of the child's output. */
    public Path log() {
        return log;
    }
}
