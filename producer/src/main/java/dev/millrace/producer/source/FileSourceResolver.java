package dev.millrace.producer.source;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Knows image files and folders. A file is taken whatever its name; of a folder, at any depth, those named
 * {@code .png}, {@code .jpg} or {@code .jpeg}, sorted by path. Links to folders are not followed.
 */
public final class FileSourceResolver implements SourceResolver {
    /** Knows the files of this machine. */
    public FileSourceResolver() {}

    @Override
    public String forms() {
        return "a PNG or JPEG file, a folder of them";
    }

    @Override
    public Optional<ImageSource> resolve(String spec) throws IOException {
        Path path;
        try {
            path = Path.of(spec);
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
        if (Files.isDirectory(path)) {
            return Optional.of(new ImageFiles(spec, imagesUnder(path)));
        }
        return Files.exists(path) ? Optional.of(new ImageFiles(spec, List.of(path))) : Optional.empty();
    }

    private static List<Path> imagesUnder(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            List<Path> images = paths.filter(path -> isImageName(path) && !Files.isDirectory(path))
                    .sorted()
                    .toList();
            if (images.isEmpty()) {
                throw new IOException(folder + ": no images (expected: .png, .jpg or .jpeg files)");
            }
            return images;
        } catch (UncheckedIOException e) {
            throw new IOException(folder + ": " + e.getMessage() + " (expected: a readable folder)", e);
        }
    }

    private static boolean isImageName(Path path) {
        String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        return name.endsWith(".png") || name.endsWith(".jpg") || name.endsWith(".jpeg");
    }
}
