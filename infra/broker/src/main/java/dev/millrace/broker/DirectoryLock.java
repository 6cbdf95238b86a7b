package dev.millrace.broker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Holds a data directory for one process; the system lets go of it when the process dies. Kafka has such a lock too, but
 * formats before it takes it and needs seconds to give up.
 */
final class DirectoryLock implements AutoCloseable {

    private final Path directory;
    private final FileChannel channel;

    private DirectoryLock(Path directory, FileChannel channel) {
        this.directory = directory;
        this.channel = channel;
    }

    static DirectoryLock take(Path directory) {
        try {
            FileChannel channel = FileChannel.open(
                    directory.resolve("millrace.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            @Nullable FileLock lock = channel.tryLock();
            if (lock == null) {
                channel.close();
                throw new BrokerException(
                        "--data: " + directory + " is in use by another broker (expected: a directory of its own)");
            }
            return new DirectoryLock(directory, channel);
        } catch (IOException e) {
            throw new BrokerException("--data: cannot lock " + directory + ": " + e, e);
        }
    }

    Path directory() {
        return directory;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
