package dev.millrace.trainer.dataset;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A data set in four IDX files, plain or gzipped, as MNIST is: images and labels to train on ({@code train}) and to test on
 * ({@code t10k}). Any number of images is read.
 *
 * @param packaged where an operating system's package puts it
 * @param remote the four files, gzipped
 */
record IdxSet(String name, List<String> classes, @Nullable Path packaged, List<RemoteFile> remote) {
    private static final List<String> FILES = List.of(
            "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte");

    /** Fashion-MNIST (Xiao, Rasul and Vollgraf 2017, MIT): 28x28 grey images of ten kinds of clothing. */
    static final IdxSet FASHION_MNIST = new IdxSet(
            "fashion-mnist",
            List.of(
                    "T-shirt/top",
                    "Trouser",
                    "Pullover",
                    "Dress",
                    "Coat",
                    "Sandal",
                    "Shirt",
                    "Sneaker",
                    "Bag",
                    "Ankle boot"),
            Path.of("/usr/share/datasets/fashion-mnist"),
            // Its address has no TLS; the digests are what is trusted.
            remote(
                    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                    "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                    "25c81989df183df01b3e8a0aad5dffbe",
                    "bef4ecab320f06d8554ea6380940ec79",
                    "bb300cfdad3c16e7a12a480ee83cd310"));

    /** MNIST (LeCun, Cortes and Burges 1998): 28x28 grey images of handwritten digits. */
    static final IdxSet MNIST = new IdxSet(
            "mnist",
            List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
            null,
            remote(
                    "https://ossci-datasets.s3.amazonaws.com/mnist/",
                    "f68b3c2dcbeaaa9fbdd348bbdeb94873",
                    "d53e105ee54ea40749a09fcbcd1e9432",
                    "9fb629c4189551a2d022fa330f9573f3",
                    "ec29112dd5afa0611ce80d1b7f02629c"));

    IdxSet {
        classes = List.copyOf(classes);
        remote = List.copyOf(remote);
    }

    /** The four files below one address, with their MD5 in the order of {@link #FILES}. */
    static List<RemoteFile> remote(String base, String... md5) {
        return Stream.iterate(0, i -> i < FILES.size(), i -> i + 1)
                .map(i -> new RemoteFile(URI.create(base + FILES.get(i) + ".gz"), md5[i]))
                .toList();
    }

    /**
     * Reads it into memory.
     *
     * @param directory null: where a package puts it, or else downloaded
     * @throws DatasetException when it is missing or malformed
     */
    Dataset load(@Nullable Path directory, Downloads downloads) throws IOException {
        Path place = directory;
        if (place == null && packaged != null && Files.isDirectory(packaged)) {
            place = packaged;
        }
        Path[] files = new Path[FILES.size()];
        for (int i = 0; i < files.length; i++) {
            files[i] =
                    place == null ? downloads.fetch(name, remote.get(i), name + ":DIR") : existing(place, FILES.get(i));
        }
        return Dataset.withValidationSplit(name, classes, readPair(files[0], files[1]), readPair(files[2], files[3]));
    }

    private Path existing(Path directory, String file) throws DatasetException {
        Optional<Path> found = Stream.of(file, file.replace("-idx", ".idx"))
                .flatMap(spelling -> Stream.of(spelling + ".gz", spelling))
                .map(directory::resolve)
                .filter(Files::isRegularFile)
                .findFirst();
        return found.orElseThrow(() -> new DatasetException(
                "%s: no such file (expected: the four files of %s, gzipped or not; without a folder they are downloaded)"
                        .formatted(directory.resolve(file + ".gz"), name)));
    }

    private LabelledImages readPair(Path images, Path labels) throws IOException {
        try (InputStream imageBytes = Files.newInputStream(images);
                InputStream labelBytes = Files.newInputStream(labels)) {
            return read(imageBytes, images.toString(), labelBytes, labels.toString());
        }
    }

    /**
     * Reads images and their labels.
     *
     * @param imagesName only for messages, as labelsName
     */
    LabelledImages read(InputStream images, String imagesName, InputStream labels, String labelsName)
            throws IOException {
        IdxFile pixels = IdxFile.read(images, imagesName, 3);
        IdxFile answers = IdxFile.read(labels, labelsName, 1);
        int[] size = pixels.dimensions();
        if (size[0] != answers.dimensions()[0]) {
            throw new DatasetException("%s: %d labels (expected: %d, one per image of %s)"
                    .formatted(labelsName, answers.dimensions()[0], size[0], imagesName));
        }
        for (byte label : answers.values()) {
            if (Byte.toUnsignedInt(label) >= classes.size()) {
                throw new DatasetException("%s: label %d (expected: 0 to %d)"
                        .formatted(labelsName, Byte.toUnsignedInt(label), classes.size() - 1));
            }
        }
        return LabelledImages.of(new ImageShape(size[1], size[2], 1), pixels.values(), answers.values());
    }

    /** Writes grey images and their labels, gzipped. */
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
