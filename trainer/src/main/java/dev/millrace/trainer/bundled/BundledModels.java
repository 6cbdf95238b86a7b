package dev.millrace.trainer.bundled;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Finds the ONNX bytes that a MODEL argument means: a file, or {@code bundled:fashion-mnist}. */
public final class BundledModels {
    /** The argument that means the bundled int8 model. */
    public static final String FASHION_MNIST = "bundled:fashion-mnist";

    private static final String RESOURCE = "/bundled/fashion-mnist/model.int8.onnx";

    private BundledModels() {}

    /**
     * Reads a model.
     *
     * @param argument a path, or {@link #FASHION_MNIST}
     * @throws IOException with a message for people, when there is no such model
     */
    public static byte[] read(String argument) throws IOException {
        if (argument.equals(FASHION_MNIST)) {
            return bundled();
        }
        if (argument.startsWith("bundled:")) {
            throw new IOException("model: %s (expected: a file or %s)".formatted(argument, FASHION_MNIST));
        }
        try {
            return Files.readAllBytes(Path.of(argument));
        } catch (NoSuchFileException e) {
            throw new IOException(
                    "model: %s: no such file (expected: an ONNX file or %s)".formatted(argument, FASHION_MNIST), e);
        }
    }

    private static byte[] bundled() throws IOException {
        try (InputStream in = BundledModels.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IOException(
                        "model: %s is not in this build (expected: %s)".formatted(FASHION_MNIST, RESOURCE));
            }
            return in.readAllBytes();
        }
    }
}
