package dev.millrace.worker.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder in the temp directory that ONNX Runtime unpacks its libraries to. It asks the JVM to delete folder and
 * files at exit, but in an order that leaves the empty folder. On Linux, where a library that is loaded may be
 * unlinked, both go in a shutdown hook; elsewhere the empty folder stays.
 */
final class NativeFolder {

    private static final Path MAPPED = Path.of("/proc/self/maps");
    private static final Pattern LIBRARY = Pattern.compile("(/\\S.*/onnxruntime-java\\d+)/libonnxruntime\\.so$");

    private NativeFolder() {}

    static void deleteAtExit() {
        if (Files.isReadable(MAPPED)) {
            Runtime.getRuntime().addShutdownHook(new Thread(NativeFolder::delete, "onnxruntime-folder"));
        }
    }

    private static void delete() {
        try {
            Optional<Path> folder = find();
            if (folder.isPresent()) {
                for (Path file : files(folder.get())) {
                    Files.deleteIfExists(file);
                }
                Files.deleteIfExists(folder.get());
            }
        } catch (IOException e) {
            // The JVM is going down; what is left is for whoever cleans the temp directory.
        }
    }

    /** As this process maps it, so that no other process's folder is ever touched. */
    private static Optional<Path> find() throws IOException {
        try (Stream<String> lines = Files.lines(MAPPED)) {
            return lines.map(LIBRARY::matcher)
                    .filter(Matcher::find)
                    .map(found -> Path.of(found.group(1)))
                    .findFirst();
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }
}
