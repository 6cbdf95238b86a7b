package dev.millrace.trainer.replay;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Holds a buffer for one owner, by a file beside it that stays; the system lets go of it when the process dies. */
final class BufferLock implements AutoCloseable {
    private final FileChannel channel;

    private BufferLock(FileChannel channel) {
        this.channel = channel;
    }

    /** @throws IOException when another owner has it */
    static BufferLock take(Path buffer) throws IOException {
        FileChannel channel = FileChannel.open(
                buffer.resolveSibling(buffer.getFileName() + ".lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        try {
            @Nullable FileLock lock = channel.tryLock();
            if (lock != null) {
                return new BufferLock(channel);
            }
        } catch (OverlappingFileLockException e) {
            // Held by this very process.
        } catch (IOException e) {
            channel.close();
            throw new IOException("%s: cannot be locked: %s".formatted(buffer, e.getMessage()), e);
        }
        channel.close();
        throw new IOException("%s: in use by another trainer (expected: a work folder of its own)".formatted(buffer));
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
