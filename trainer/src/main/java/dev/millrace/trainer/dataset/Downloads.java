package dev.millrace.trainer.dataset;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Files of data sets, downloaded once into a cache folder. What has arrived lies in {@code FILE.part} until it is whole and its MD5 is
 * right; what broke off goes on there. A lock on {@code FILE.lock} lets one process at a time download a file.
 */
final class Downloads {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** File locks are the JVM's: its threads need a lock of their own. */
    private static final ReentrantLock ONE_THREAD = new ReentrantLock();

    private final Path cache;
    private final DownloadListener listener;

    /** @param cache is made when it is needed */
    Downloads(Path cache, DownloadListener listener) {
        this.cache = cache;
        this.listener = listener;
    }

    /** {@code $XDG_CACHE_HOME/millrace}, or {@code ~/.cache/millrace} where that is not set or relative (XDG Base Directory 0.8). */
    static Path cacheFolder(Map<String, String> environment, String home) {
        String set = environment.getOrDefault("XDG_CACHE_HOME", "");
        Path base = set.isEmpty() || !Path.of(set).isAbsolute() ? Path.of(home, ".cache") : Path.of(set);
        return base.resolve("millrace");
    }

    /**
     * The file in the cache; downloaded first if it is not there.
     *
     * @param set name of the data set, a folder in the cache
     * @param instead how to name a local copy, for messages
     * @throws DatasetException when it cannot be reached, is not what was published, or cannot be written
     */
    Path fetch(String set, RemoteFile file, String instead) throws IOException {
        Path whole = cache.resolve(set).resolve(file.name());
        if (Files.isRegularFile(whole)) {
            return whole;
        }
        ONE_THREAD.lock();
        try (FileChannel lock = lock(whole)) {
            // Whoever held the lock may have brought it.
            if (lock.isOpen() && !Files.isRegularFile(whole)) {
                new Transfer(file, whole, instead, listener, PATIENCE).run();
            }
            return whole;
        } finally {
            ONE_THREAD.unlock();
        }
    }

    private FileChannel lock(Path whole) throws IOException {
        try {
            Files.createDirectories(whole.getParent());
            FileChannel channel = FileChannel.open(
                    whole.resolveSibling(whole.getFileName() + ".lock"),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
            if (channel.tryLock() == null) {
                listener.waiting(whole.getFileName().toString());
                channel.lock();
            }
            return channel;
        } catch (IOException e) {
            throw new DatasetException(
                    "%s: cannot be written: %s (expected: a cache folder; XDG_CACHE_HOME names another)"
                            .formatted(whole.getParent(), e));
        }
    }
}
