package dev.millrace.trainer.dataset;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * CIFAR-100 (Krizhevsky 2009) in its binary version, as a folder or the .tar.gz archive. A record is one byte coarse label, one byte
 * fine label, then 1,024 bytes each of red, green and blue. Any number of records is read. The classes are the 100 fine labels.
 */
final class Cifar100 {
    static final String NAME = "cifar100";

    private static final String TRAIN = "train.bin";
    private static final String TEST = "test.bin";
    private static final String FINE_NAMES = "fine_label_names.txt";
    private static final Set<String> FILES = Set.of(TRAIN, TEST, FINE_NAMES);
    private static final ImageShape SHAPE = new ImageShape(32, 32, 3);
    private static final int PLANE = 32 * 32;
    private static final int RECORD = 2 + 3 * PLANE;

    private Cifar100() {}

    /** @param location the archive, the folder with the files, or the folder that holds {@code cifar-100-binary} */
    static Dataset load(Path location) throws IOException {
        Map<String, byte[]> files = Files.isDirectory(location) ? readFolder(location) : readArchive(location);
        List<String> classes = new String(file(location, FINE_NAMES, files), StandardCharsets.UTF_8)
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
        return Dataset.withValidationSplit(
                NAME,
                classes,
                records(location, TRAIN, file(location, TRAIN, files), classes.size()),
                records(location, TEST, file(location, TEST, files), classes.size()));
    }

    private static byte[] file(Path location, String name, Map<String, byte[]> files) throws DatasetException {
        byte[] content = files.get(name);
        if (content == null) {
            throw new DatasetException("%s: no %s in it (expected: the binary version of CIFAR-100, %s)"
                    .formatted(location, name, FILES.stream().sorted().toList()));
        }
        return content;
    }

    private static Map<String, byte[]> readArchive(Path archive) throws IOException {
        if (!Files.isRegularFile(archive)) {
            throw new DatasetException(
                    archive + ": no such file or folder (expected: CIFAR-100 in its binary version)");
        }
        return TarFile.read(archive, FILES);
    }

    private static Map<String, byte[]> readFolder(Path folder) throws IOException {
        Path nested = folder.resolve("cifar-100-binary");
        Path base = Files.isDirectory(nested) ? nested : folder;
        Map<String, byte[]> files = new HashMap<>();
        for (String file : FILES) {
            if (Files.isRegularFile(base.resolve(file))) {
                files.put(file, Files.readAllBytes(base.resolve(file)));
            }
        }
        return files;
    }

    private static LabelledImages records(Path location, String file, byte[] bytes, int classes)
            throws DatasetException {
        if (bytes.length == 0 || bytes.length % RECORD != 0) {
            throw new DatasetException("%s: %d bytes of %s (expected: a multiple of %d, one record per image)"
                    .formatted(location, bytes.length, file, RECORD));
        }
        int count = bytes.length / RECORD;
        byte[] pixels = new byte[count * SHAPE.bytes()];
        byte[] labels = new byte[count];
        for (int i = 0; i < count; i++) {
            int from = i * RECORD;
            labels[i] = bytes[from + 1];
            if (Byte.toUnsignedInt(labels[i]) >= classes) {
                throw new DatasetException("%s: fine label %d in record %d of %s (expected: 0 to %d)"
                        .formatted(location, Byte.toUnsignedInt(labels[i]), i, file, classes - 1));
            }
            int to = i * SHAPE.bytes();
            for (int p = 0; p < PLANE; p++) {
                for (int c = 0; c < 3; c++) {
                    pixels[to + 3 * p + c] = bytes[from + 2 + c * PLANE + p];
                }
            }
        }
        return LabelledImages.of(SHAPE, pixels, labels);
    }
}
