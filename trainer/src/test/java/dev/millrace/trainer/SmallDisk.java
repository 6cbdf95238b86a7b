package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A disk of some megabytes that can be filled: a tmpfs, which only root may mount; a test that needs one is skipped elsewhere. */
public final class SmallDisk implements AutoCloseable {
    private final Path at;

    private SmallDisk(Path at) {
        this.at = at;
    }

    /** Mounts one on a folder, which is made. */
    public static SmallDisk on(Path folder, int mebibytes) throws IOException, InterruptedException {
        assumeThat(Path.of("/proc/mounts")).as("Linux").exists();
        Files.createDirectories(folder);
        assumeThat(run("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "millrace-test", folder.toString()))
                .as("only root may mount")
                .isTrue();
        return new SmallDisk(folder);
    }

    private Path filler() {
        return at.resolve("filler");
    }

    /** Leaves no byte; files without content can still be made. */
    public void fill() throws IOException {
        try (OutputStream out = Files.newOutputStream(filler())) {
            byte[] page = new byte[4_096];
            while (true) {
                out.write(page);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left on device");
        }
    }

    /** Gives back what {@link #fill} took. */
    public void free() throws IOException {
        Files.delete(filler());
    }

    @Override
    public void close() throws IOException {
        try {
            assertThat(run("umount", "-l", at.toString())).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(List.of(command))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }
}
