package dev.millrace.worker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process's own temporary directory. ONNX Runtime and others unpack native libraries into the temporary directory
 * and leave them there when the process is killed, 28 MB each time; what killed workers left is swept by the next one.
 *
 * <p>A held file lock says that a directory's owner lives; process ids would lie between containers.
 */
final class ScratchDirectory implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ScratchDirectory.class);
    private static final String PREFIX = "millrace-worker-";
    private static final String LOCK = "lock";
    private static final String TMPDIR = "java.io.tmpdir";

    private final Path parent;
    private final Path directory;
    private final FileChannel lock;

    private ScratchDirectory(Path parent, Path directory, FileChannel lock) {
        this.parent = parent;
        this.directory = directory;
        this.lock = lock;
    }

    /**
     * Sweeps what dead workers left in {@code parent} and makes a directory there for this process, which
     * {@code java.io.tmpdir} names from now on. Call before anything makes a temporary file: the JDK reads the property
     * once.
     */
    static ScratchDirectory claim(Path parent) throws IOException {
        sweep(parent);
        String name = ProcessHandle.current().pid() + "-" + System.nanoTime();
        // Locked under a name that nobody sweeps, then renamed: the lock goes with the file.
        Path unlocked = Files.createDirectory(parent.resolve(".claim-" + name));
        FileChannel channel =
                FileChannel.open(unlocked.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        FileLock held = channel.lock();
        Path directory = Files.move(unlocked, parent.resolve(PREFIX + name), StandardCopyOption.ATOMIC_MOVE);
        log.debug("scratch directory claimed path={} locked={}", directory, held.isValid());
        System.setProperty(TMPDIR, directory.toString());
        return new ScratchDirectory(parent, directory, channel);
    }

    private static void sweep(Path parent) throws IOException {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path directory : left) {
                deleteIfAbandoned(directory);
            }
        }
    }

    /** Deletes under the dead owner's lock, so that two workers that start together do not delete the same directory. */
    private static void deleteIfAbandoned(Path directory) {
        try (FileChannel channel = FileChannel.open(directory.resolve(LOCK), StandardOpenOption.WRITE);
                FileLock free = channel.tryLock()) {
            if (free != null) {
                delete(directory);
            }
        } catch (IOException | OverlappingFileLockException e) {
            log.debug("scratch directory left alone path={}", directory, e);
        }
    }

    Path path() {
        return directory;
    }

    /** Deletes the directory. Libraries that are still loaded stay where the system does not let them go. */
    @Override
    public void close() {
        System.setProperty(TMPDIR, parent.toString());
        try {
            lock.close();
        } catch (IOException e) {
            log.debug("scratch lock not closed", e);
        }
        delete(directory);
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException e) {
            log.debug("scratch directory not deleted path={}", directory, e);
        }
    }
}
