package dev.millrace.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where the node keeps its records: a directory that stays, or a temporary one that goes when this is closed. */
final class DataDirectory implements AutoCloseable {

    private final Path path;
    private final boolean temporary;

    private DataDirectory(Path path, boolean temporary) {
        this.path = path;
        this.temporary = temporary;
    }

    static DataDirectory open(@Nullable Path given) {
        try {
            if (given == null) {
                return new DataDirectory(Files.createTempDirectory("millrace-kafka-"), true);
            }
            Path path = Files.createDirectories(given.toAbsolutePath().normalize());
            if (!Files.isWritable(path)) {
                throw new BrokerException("--data: " + path + " (expected: a directory that can be written)");
            }
            return new DataDirectory(path, false);
        } catch (IOException e) {
            throw new BrokerException("--data: " + given + " (expected: a directory that can be written): " + e, e);
        }
    }

    Path path() {
        return path;
    }

    @Override
    public void close() {
        if (temporary) {
            delete();
        }
    }

    private void delete() {
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new BrokerException("cannot delete " + path + ": " + e, e);
        }
    }
}
