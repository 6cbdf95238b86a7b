package dev.millrace.trainer.dataset;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Fashion-MNIST (Xiao, Rasul and Vollgraf 2017, MIT): 28x28 grey images of ten kinds of clothing, in four gzipped IDX files.
 */
final class FashionMnist {
    static final String NAME = "fashion-mnist";
    static final Path DEBIAN_DIRECTORY = Path.of("/usr/share/datasets/fashion-mnist");
    static final List<String> CLASSES = List.of(
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot");

    private static final String IMAGES = "-images-idx3-ubyte.gz";
    private static final String LABELS = "-labels-idx1-ubyte.gz";

    private FashionMnist() {}

    static Dataset load(Path directory) throws IOException {
        return Dataset.withValidationSplit(NAME, CLASSES, readPair(directory, "train"), readPair(directory, "t10k"));
    }

    private static LabelledImages readPair(Path directory, String prefix) throws IOException {
        Path images = existing(directory.resolve(prefix + IMAGES));
        Path labels = existing(directory.resolve(prefix + LABELS));
        try (InputStream imageBytes = Files.newInputStream(images);
                InputStream labelBytes = Files.newInputStream(labels)) {
            return read(imageBytes, images.toString(), labelBytes, labels.toString());
        }
    }

    private static Path existing(Path file) throws DatasetException {
        if (!Files.isRegularFile(file)) {
            throw new DatasetException(
                    "%s: no such file (expected: the four Fashion-MNIST files; on Debian: apt-get install dataset-fashion-mnist)"
                            .formatted(file));
        }
        return file;
    }

    static LabelledImages read(InputStream images, String imagesName, InputStream labels, String labelsName)
            throws IOException {
        IdxFile pixels = IdxFile.read(images, imagesName, 3);
        IdxFile classes = IdxFile.read(labels, labelsName, 1);
        int[] size = pixels.dimensions();
        if (size[0] != classes.dimensions()[0]) {
            throw new DatasetException("%s: %d labels (expected: %d, one per image of %s)"
                    .formatted(labelsName, classes.dimensions()[0], size[0], imagesName));
        }
        for (byte label : classes.values()) {
            if (Byte.toUnsignedInt(label) >= CLASSES.size()) {
                throw new DatasetException("%s: label %d (expected: 0 to %d)"
                        .formatted(labelsName, Byte.toUnsignedInt(label), CLASSES.size() - 1));
            }
        }
        return LabelledImages.of(new ImageShape(size[1], size[2], 1), pixels.values(), classes.values());
    }

    static void write(LabelledImages images, OutputStream imagesOut, OutputStream labelsOut) throws IOException {
        ImageShape shape = images.shape();
        byte[] pixels = new byte[images.size() * shape.bytes()];
        byte[] labels = new byte[images.size()];
        for (int i = 0; i < images.size(); i++) {
            images.copy(i, pixels, i * shape.bytes());
            labels[i] = (byte) images.label(i);
        }
        new IdxFile(new int[] {images.size(), shape.height(), shape.width()}, pixels).write(imagesOut);
        new IdxFile(new int[] {images.size()}, labels).write(labelsOut);
    }
}
