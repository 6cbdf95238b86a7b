package dev.millrace.trainer.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * PNG and JPEG pictures in one folder a class, named after it; classes in the order of their names. Either {@code DIR/CLASS/...}, or the
 * same below {@code DIR/train}, {@code DIR/validation} (or {@code val}) and {@code DIR/test}. What is not there of validation and test
 * is held out from the rest.
 */
final class ImageFolder {
    static final String NAME = "folder";

    private static final Set<String> PARTS = Set.of("train", "validation", "val", "test");

    private final Path root;
    private final List<Path> files = new ArrayList<>();
    private final List<Integer> labels = new ArrayList<>();
    private final List<String> classes = new ArrayList<>();

    private ImageFolder(Path root) {
        this.root = root;
    }

    /** @throws DatasetException when a folder is missing or empty, or sizes differ and none is wanted */
    static Dataset load(Path root, WantedShape wanted) throws IOException {
        if (!Files.isDirectory(root)) {
            throw new DatasetException(root + ": no such folder (expected: one with a folder of pictures a class)");
        }
        return new ImageFolder(root).load(wanted);
    }

    private Dataset load(WantedShape wanted) throws IOException {
        List<String> folders = PictureFiles.foldersIn(root);
        if (folders.isEmpty()) {
            throw new DatasetException(
                    "%s: no folders in it (expected: a folder of PNG and JPEG pictures a class, or such folders in train, validation and test)"
                            .formatted(root));
        }
        boolean divided = PARTS.containsAll(folders);
        if (divided && folders.contains("val") && folders.contains("validation")) {
            throw new DatasetException(root + ": has val and validation (expected: one of them)");
        }
        int[] train = collect(divided ? root.resolve("train") : root);
        int[] validation = divided ? collect(root.resolve(folders.contains("val") ? "val" : "validation")) : new int[0];
        int[] test = divided ? collect(root.resolve("test")) : new int[0];
        LabelledImages all = LabelledImages.of(
                PictureFiles.open(files, wanted),
                labels.stream().mapToInt(Integer::intValue).toArray());
        return Dataset.divided(NAME, classes, all.select(train), ifAny(all, validation), ifAny(all, test));
    }

    private static @Nullable LabelledImages ifAny(LabelledImages all, int[] chosen) {
        return chosen.length == 0 ? null : all.select(chosen);
    }

    /**
     * Adds the pictures of a part; the first part decides which classes there are.
     *
     * @return their positions; none where the part is not there
     */
    private int[] collect(Path part) throws IOException {
        int from = files.size();
        if (!Files.isDirectory(part)) {
            return new int[0];
        }
        List<String> folders = PictureFiles.foldersIn(part);
        if (folders.isEmpty()) {
            throw new DatasetException(part + ": no folders in it (expected: a folder of pictures a class)");
        }
        if (classes.isEmpty()) {
            classes.addAll(folders);
        }
        for (String folder : folders) {
            int label = classes.indexOf(folder);
            if (label < 0) {
                throw new DatasetException("%s: a class of its own (expected: only those of the other parts of %s)"
                        .formatted(part.resolve(folder), root));
            }
            List<Path> pictures = PictureFiles.under(part.resolve(folder));
            if (pictures.isEmpty()) {
                throw new DatasetException(
                        part.resolve(folder) + ": no pictures in it (expected: files that end in .png, .jpg or .jpeg)");
            }
            pictures.forEach(picture -> {
                files.add(picture);
                labels.add(label);
            });
        }
        return IntStream.range(from, files.size()).toArray();
    }
}
