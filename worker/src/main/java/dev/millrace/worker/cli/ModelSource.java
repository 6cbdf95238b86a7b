package dev.millrace.worker.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the ONNX bytes that a MODEL argument means. */
@FunctionalInterface
public interface ModelSource {

    /** A file's path. */
    ModelSource FILES = name -> Files.readAllBytes(Path.of(name));

    /**
     * The bytes of the named model.
     *
     * @param name the argument as given, such as a path or {@code bundled:NAME}
     * @throws IOException with a message for people, if there is no such model
     */
    byte[] read(String name) throws IOException;
}
