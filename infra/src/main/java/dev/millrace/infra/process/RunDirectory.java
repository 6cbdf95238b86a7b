package dev.millrace.infra.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/**
 * The one place of a run on disk: logs, data, keys and the children's temporary files, all under one fresh directory
 * that only its owner can read (where the file system knows owners).
 */
public final class RunDirectory {
    private static final int DELETE_ATTEMPTS = 5;

    private final Path root;

    private RunDirectory(Path root) {
        this.root = root;
    }

    /** Makes a fresh directory named {@code <prefix><random>} under {@code parent}. */
    public static RunDirectory create(Path parent, String prefix) throws IOException {
        RunDirectory directory = new RunDirectory(Files.createTempDirectory(parent, prefix));
        Files.createDirectory(directory.logs());
        Files.createDirectory(directory.temp());
        return directory;
    }

    /** Where it is. */
    public Path root() {
        return root;
    }

    /** A path in it; what lies there goes with the run. */
    public Path resolve(String name) {
        return root.resolve(name);
    }

    /** Where the logs lie, which alone outlive a failed run. */
    public Path logs() {
        return root.resolve("logs");
    }

    /** The children's {@code java.io.tmpdir}, so that whatever they unpack is gone with the run. */
    public Path temp() {
        return root.resolve("tmp");
    }

    /** Deletes everything. */
    public void delete() {
        deleteTree(root, null);
    }

    /** Deletes everything but the logs. */
    public void deleteAllButLogs() {
        deleteTree(root, logs());
    }

    /** A child that was just killed may still be writing, so a file that appears meanwhile gets another round. */
    private static void deleteTree(Path top, @Nullable Path spared) {
        for (int attempt = 1; ; attempt++) {
            try {
                Files.walkFileTree(top, new Deletion(top, spared));
                return;
            } catch (NoSuchFileException e) {
                if (!Files.exists(top)) {
                    return;
                }
            } catch (IOException e) {
                if (attempt == DELETE_ATTEMPTS) {
                    throw new UncheckedIOException("run directory: " + top + " (expected: it can be deleted)", e);
                }
            }
        }
    }

    private static final class Deletion extends SimpleFileVisitor<Path> {
        private final Path top;
        private final @Nullable Path spared;

        Deletion(Path top, @Nullable Path spared) {
            this.top = top;
            this.spared = spared;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            return directory.equals(spared) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw e;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
            if (e != null) {
                throw e;
            }
            if (spared == null || !directory.equals(top)) {
                Files.deleteIfExists(directory);
            }
            return FileVisitResult.CONTINUE;
        }
    }
}
