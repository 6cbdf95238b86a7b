package dev.millrace.trainer.coco;

import dev.millrace.trainer.dataset.Split;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where the files of a data set are.
 *
 * @param root as the user named it
 * @param annotations the file that was chosen
 */
record CocoFolder(Path root, Path annotations) {
    private static final String PREFIX = "instances_";
    private static final String ENDING = ".json";

    /** @throws CocoException when there are no annotations, or several and the split does not say which */
    static CocoFolder of(Path root, Split split) throws IOException {
        if (!Files.isDirectory(root)) {
            throw new CocoException(
                    root + ": no such folder (expected: one with annotations/instances_*.json or annotations.json)");
        }
        List<Path> all = instances(root.resolve("annotations"));
        Path alone = root.resolve("annotations.json");
        if (all.isEmpty() && Files.isRegularFile(alone)) {
            return new CocoFolder(root, alone);
        }
        if (all.isEmpty()) {
            throw new CocoException(
                    root + ": no annotations (expected: annotations/instances_*.json or annotations.json)");
        }
        if (all.size() == 1) {
            return new CocoFolder(root, all.get(0));
        }
        String start = PREFIX
                + switch (split) {
                    case TRAIN -> "train";
                    case VALIDATION -> "val";
                    case TEST -> "test";
                };
        List<Path> chosen =
                all.stream().filter(file -> name(file).startsWith(start)).toList();
        if (chosen.size() != 1) {
            throw new CocoException("%s: %s (expected: one file of the split %s; --split chooses another)"
                    .formatted(
                            root.resolve("annotations"),
                            all.stream().map(CocoFolder::name).toList(),
                            split.name().toLowerCase(Locale.ROOT)));
        }
        return new CocoFolder(root, chosen.get(0));
    }

    private static List<Path> instances(Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, PREFIX + "*" + ENDING)) {
                found.forEach(files::add);
            }
        }
        files.sort(null);
        return files;
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    /** Null: it is nowhere, or not in the folder of the data set. */
    @Nullable
    Path picture(String fileName) {
        String name = name(annotations);
        List<String> folders = new ArrayList<>(List.of("", "images"));
        if (name.startsWith(PREFIX)) {
            String part = name.substring(PREFIX.length(), name.length() - ENDING.length());
            folders.addAll(0, List.of("images/" + part, part));
        }
        for (String folder : folders) {
            try {
                Path file = root.resolve(folder).resolve(fileName).normalize();
                if (file.startsWith(root.normalize()) && Files.isRegularFile(file)) {
                    return file;
                }
            } catch (InvalidPathException e) {
                return null;
            }
        }
        return null;
    }
}
