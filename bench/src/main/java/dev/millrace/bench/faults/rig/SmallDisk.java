package dev.millrace.bench.faults.rig;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A disk of a few megabytes, which can be filled and enlarged: a tmpfs, that only root may mount. One thread. */
public final class SmallDisk implements AutoCloseable {
    private static final int BLOCK_BYTES = 4096;
    private static final long COMMAND_PATIENCE_S = 10;

    private final Path at;
    private final Thread lastResort;

    private SmallDisk(Path at) {
        this.at = at;
        // On Ctrl-C: a mount outlives its process.
        this.lastResort = new Thread(this::unmountQuietly, "unmount");
    }

    /**
     * Mounts one on a directory, whose files are out of sight until it is closed.
     *
     * @throws IOException when this process may not
     */
    public static SmallDisk mount(Path at, long bytes) throws IOException {
        SmallDisk disk = new SmallDisk(Files.createDirectories(at));
        command(List.of("mount", "-t", "tmpfs", "-o", "size=" + bytes, "millrace-faults", at.toString()));
        Runtime.getRuntime().addShutdownHook(disk.lastResort);
        return disk;
    }

    /** Makes it larger or smaller, with so many bytes left free. */
    public void leaveFree(long bytes) throws IOException {
        FileStore store = Files.getFileStore(at);
        long used = store.getTotalSpace() - store.getUnallocatedSpace();
        command(List.of("mount", "-o", "remount,size=" + (used + bytes), at.toString()));
    }

    /** Takes all the room that is left. */
    public void fill() throws IOException {
        ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
        try (FileChannel filler = FileChannel.open(
                filler(), StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            while (Files.getFileStore(at).getUsableSpace() >= BLOCK_BYTES) {
                filler.write(block.rewind());
            }
        } catch (IOException e) {
            if (Files.getFileStore(at).getUsableSpace() >= BLOCK_BYTES) {
                throw e;
            }
            // Others write, too: whoever was first, it is full.
        }
    }

    /** Gives back what {@link #fill} took. */
    public void relieve() throws IOException {
        Files.deleteIfExists(filler());
    }

    private Path filler() {
        return at.resolve("filler");
    }

    private void unmountQuietly() {
        try {
            unmount();
        } catch (IOException e) {
            System.err.println(e.getMessage());
        }
    }

    private void unmount() throws IOException {
        // Lazy: whoever still has a file of it open keeps it until then.
        command(List.of("umount", "-l", at.toString()));
    }

    private static void command(List<String> words) throws IOException {
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        try {
            if (!process.waitFor(COMMAND_PATIENCE_S, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(String.join(" ", words) + ": " + said + " (expected: root, who may mount)");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(String.join(" ", words) + ": interrupted", e);
        }
    }

    /** Unmounts it; its files are lost. */
    @Override
    public void close() throws IOException {
        Runtime.getRuntime().removeShutdownHook(lastResort);
        unmount();
    }
}
