package dev.millrace.trainer.replay;

import static dev.millrace.trainer.replay.Images.id;
import static dev.millrace.trainer.replay.Images.pixels;
import static dev.millrace.trainer.replay.Images.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayImagesTest {
    @TempDir
    private Path folder = Path.of("");

    private Path snapshot = Path.of("");

    @BeforeEach
    void writeASnapshot() throws Exception {
        snapshot = folder.resolve("snapshot");
        try (ReplayBuffer buffer = ReplayBuffer.open(folder.resolve("buffer"), spec(30))) {
            for (int i = 0; i < 12; i++) {
                buffer.put(id(i), i % 3, pixels(i));
            }
            buffer.snapshot(snapshot, 0.5);
        }
    }

    @Test
    void refusesASnapshotThatIsDamagedAnywhere() throws Exception {
        byte[] whole = Files.readAllBytes(snapshot);
        assertThat(ReplayImages.read(snapshot).all().size()).isEqualTo(12);
        long seed = System.nanoTime();
        System.out.println("seed of the damages: " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            byte[] damaged = whole.clone();
            int at = random.nextInt(whole.length);
            damaged[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(snapshot, damaged);
            assertRefused("bit of byte " + at);
            int length = random.nextInt(whole.length);
            Files.write(snapshot, Arrays.copyOf(whole, length));
            assertRefused(length + " bytes");
        }
    }

    private void assertRefused(String what) {
        assertThatThrownBy(() -> ReplayImages.read(snapshot))
                .as(what)
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(snapshot + ": ")
                .hasMessageEndingWith("(expected: a whole snapshot of a replay buffer)");
    }

    @Test
    void refusesTheBufferItselfAndAFileThatIsNotThere() {
        assertThatThrownBy(() -> ReplayImages.read(folder.resolve("buffer")))
                .hasMessageContaining("a replay buffer itself (expected: a whole snapshot");
        assertThatThrownBy(() -> ReplayImages.read(folder.resolve("none"))).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void anEmptyBufferHasAnEmptySnapshot() throws Exception {
        try (ReplayBuffer buffer = ReplayBuffer.open(folder.resolve("empty"), spec(30))) {
            assertThat(buffer.snapshot(snapshot, 0.5)).isZero();
        }
        assertThat(ReplayImages.read(snapshot).all().size()).isZero();
    }
}
