package dev.millrace.trainer.dataset;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * CIFAR-10 and CIFAR-100 (Krizhevsky 2009) in their binary version, as a folder or the .tar.gz archive. A record is one byte of label
 * (CIFAR-100: one of coarse, one of fine label; the fine one is taken), then 1,024 bytes each of red, green and blue. Any number of
 * records is read.
 *
 * @param directory of the files in the archive
 * @param training names of the files with training images, of which at least one must be there
 * @param labelBytes at the start of a record; the last one is the label
 */
record Cifar(
        String name,
        String directory,
        List<String> training,
        String test,
        String classNames,
        int labelBytes,
        RemoteFile archive) {
    static final Cifar TEN = new Cifar(
            "cifar10",
            "cifar-10-batches-bin",
            List.of("data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"),
            "test_batch.bin",
            "batches.meta.txt",
            1,
            new RemoteFile(
                    URI.create("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"),
                    "c32a1d4ab5d03f1284b67883e8d87530"));
    static final Cifar HUNDRED = new Cifar(
            "cifar100",
            "cifar-100-binary",
            List.of("train.bin"),
            "test.bin",
            "fine_label_names.txt",
            2,
            new RemoteFile(
                    URI.create("https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"),
                    "03b5dce01913d631647c71ecec9e9cb8"));

    private static final ImageShape SHAPE = new ImageShape(32, 32, 3);
    private static final int PLANE = 32 * 32;

    Cifar {
        training = List.copyOf(training);
    }

    /**
     * Reads it into memory.
     *
     * @param location the archive, the folder with the files, or the folder that holds either; null: the archive is downloaded
     * @throws DatasetException when it is missing or malformed
     */
    Dataset load(@Nullable Path location, Downloads downloads) throws IOException {
        Path at = location == null ? downloads.fetch(name, archive, name + ":DIR-or-ARCHIVE") : location;
        Map<String, byte[]> found = Files.isDirectory(at) ? readFolder(at) : readArchive(at);
        List<String> classes = new String(file(at, classNames, found), StandardCharsets.UTF_8)
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
        List<String> batches = training.stream().filter(found::containsKey).toList();
        LabelledImages train = records(at, batches.isEmpty() ? training.subList(0, 1) : batches, found, classes.size());
        return Dataset.withValidationSplit(name, classes, train, records(at, List.of(test), found, classes.size()));
    }

    private byte[] file(Path location, String file, Map<String, byte[]> found) throws DatasetException {
        byte[] content = found.get(file);
        if (content == null) {
            throw new DatasetException("%s: no %s in it (expected: the binary version of %s, %s)"
                    .formatted(location, file, name, files().stream().sorted().toList()));
        }
        return content;
    }

    private Set<String> files() {
        Set<String> files = new HashSet<>(training);
        files.addAll(List.of(test, classNames));
        return files;
    }

    private Map<String, byte[]> readArchive(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new DatasetException(
                    "%s: no such file or folder (expected: %s in its binary version)".formatted(file, name));
        }
        return TarFile.read(file, files());
    }

    private Map<String, byte[]> readFolder(Path folder) throws IOException {
        if (Files.isRegularFile(folder.resolve(archive.name()))) {
            return readArchive(folder.resolve(archive.name()));
        }
        Path nested = folder.resolve(directory);
        Path base = Files.isDirectory(nested) ? nested : folder;
        Map<String, byte[]> found = new HashMap<>();
        for (String file : files()) {
            if (Files.isRegularFile(base.resolve(file))) {
                found.put(file, Files.readAllBytes(base.resolve(file)));
            }
        }
        return found;
    }

    private LabelledImages records(Path location, List<String> batches, Map<String, byte[]> found, int classes)
            throws DatasetException {
        int record = labelBytes + SHAPE.bytes();
        int count = 0;
        for (String batch : batches) {
            int length = file(location, batch, found).length;
            if (length == 0 || length % record != 0) {
                throw new DatasetException("%s: %d bytes of %s (expected: a multiple of %d, one record per image)"
                        .formatted(location, length, batch, record));
            }
            count += length / record;
        }
        byte[] pixels = new byte[Math.multiplyExact(count, SHAPE.bytes())];
        byte[] labels = new byte[count];
        int image = 0;
        for (String batch : batches) {
            byte[] bytes = file(location, batch, found);
            for (int from = 0; from < bytes.length; from += record, image++) {
                labels[image] = bytes[from + labelBytes - 1];
                if (Byte.toUnsignedInt(labels[image]) >= classes) {
                    throw new DatasetException("%s: label %d in record %d of %s (expected: 0 to %d, as %s names)"
                            .formatted(
                                    location,
                                    Byte.toUnsignedInt(labels[image]),
                                    from / record,
                                    batch,
                                    classes - 1,
                                    classNames));
                }
                interleave(bytes, from + labelBytes, pixels, image * SHAPE.bytes());
            }
        }
        return LabelledImages.of(SHAPE, pixels, labels);
    }

    private static void interleave(byte[] planes, int from, byte[] into, int at) {
        for (int p = 0; p < PLANE; p++) {
            for (int c = 0; c < 3; c++) {
                into[at + 3 * p + c] = planes[from + c * PLANE + p];
            }
        }
    }
}
