package dev.millrace.trainer.bundled;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Finds the ONNX bytes that a MODEL argument means: a file, or {@code bundled:NAME} of a {@link BundledModel}. */
public final class BundledModels {
    /** The argument that means the model of the demo. */
    public static final String FASHION_MNIST = "bundled:fashion-mnist";

    /** What is accepted, for help texts. */
    public static final String FORMS =
            "an ONNX file, bundled:fashion-mnist, bundled:fashion-mnist-early, bundled:cifar100 or bundled:cifar100-resnet20";

    /** The argument that means what that model was after one epoch. */
    public static final String FASHION_MNIST_EARLY = "bundled:fashion-mnist-early";

    private BundledModels() {}

    /** The arguments that mean a bundled model. */
    public static List<String> arguments() {
        return Arrays.stream(BundledModel.values()).map(BundledModel::argument).toList();
    }

    /**
     * Reads a model.
     *
     * @param argument a path, or the argument of a {@link BundledModel}
     * @throws IOException with a message for people, when there is no such model
     */
    public static byte[] read(String argument) throws IOException {
        for (BundledModel model : BundledModel.values()) {
            if (model.argument().equals(argument)) {
                return bundled(model);
            }
        }
        if (argument.startsWith(BundledModel.PREFIX)) {
            throw new IOException(
                    "model: %s (expected: a file, or one of %s)".formatted(argument, String.join(", ", arguments())));
        }
        if (Files.isDirectory(Path.of(argument))) {
            throw new IOException("model: %s: a folder (expected: an ONNX file)".formatted(argument));
        }
        try {
            return Files.readAllBytes(Path.of(argument));
        } catch (NoSuchFileException e) {
            throw new IOException(
                    "model: %s: no such file (expected: an ONNX file, or one of %s)"
                            .formatted(argument, String.join(", ", arguments())),
                    e);
        }
    }

    private static byte[] bundled(BundledModel model) throws IOException {
        String resource = "/bundled/%s/%s".formatted(model.id(), BundledMaker.MODEL);
        try (InputStream in = BundledModels.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException(
                        "model: %s is not in this build (expected: %s)".formatted(model.argument(), resource));
            }
            return in.readAllBytes();
        }
    }
}
