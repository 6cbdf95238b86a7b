package dev.millrace.trainer.replay;

import static dev.millrace.trainer.replay.Images.CLASSES;
import static dev.millrace.trainer.replay.Images.SHAPE;
import static dev.millrace.trainer.replay.Images.id;
import static dev.millrace.trainer.replay.Images.pixels;
import static dev.millrace.trainer.replay.Images.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayImagesTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void readsBackWhatItWrote() throws Exception {
        ReplayImages written = images();
        Path file = folder.resolve("images");

        written.write(file);

        ReplayImages read = ReplayImages.read(file);
        assertThat(read.classes()).isEqualTo(CLASSES);
        assertThat(read.train().size() + read.heldOut().size()).isEqualTo(12);
        assertThat(read.train().sha256()).isEqualTo(written.train().sha256());
        assertThat(read.heldOut().sha256()).isEqualTo(written.heldOut().sha256());
    }

    @Test
    void refusesAFileThatEndsTooEarlyWherever() throws Exception {
        Path file = folder.resolve("images");
        images().write(file);
        byte[] whole = Files.readAllBytes(file);

        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> ReplayImages.read(file))
                    .as("%d bytes", length)
                    .isInstanceOf(IOException.class)
                    .hasMessage(file + ": damaged (expected: replayed images of a run)");
        }
    }

    @Test
    void refusesAnotherFileAndOneThatIsNotThere() throws Exception {
        Path other = Files.writeString(folder.resolve("other"), "replay: {images: 20000}\n");

        assertThatThrownBy(() -> ReplayImages.read(other))
                .hasMessage(other + ": something else (expected: replayed images of a run)");
        assertThatThrownBy(() -> ReplayImages.read(folder.resolve("none"))).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void refusesLabelsThatAreNoClassAndHeldOutImagesOfAnotherShape() {
        LabelledImages none = ReplayImages.none(CLASSES, SHAPE).train();

        assertThatThrownBy(() -> new ReplayImages(
                        CLASSES, LabelledImages.of(SHAPE, new byte[SHAPE.bytes()], new int[] {3}), none))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("label of replayed image 0: 3 (expected: 0 to 2)");
        assertThatThrownBy(() -> new ReplayImages(
                        CLASSES,
                        none,
                        ReplayImages.none(CLASSES, new ImageShape(8, 8, 1)).train()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("held-out images: 8x8x1 (expected: 4x5x1, as the others)");
    }

    @Test
    void anEmptyBufferHasNone() throws Exception {
        try (ReplayBuffer buffer = ReplayBuffer.open(folder.resolve("buffer"), spec(30))) {
            ReplayImages none = buffer.images(0.5);

            assertThat(none.train().size()).isZero();
            assertThat(none.heldOut().size()).isZero();
        }
    }

    private ReplayImages images() throws IOException {
        try (ReplayBuffer buffer = ReplayBuffer.open(folder.resolve("buffer"), spec(30))) {
            for (int i = 0; i < 12; i++) {
                buffer.put(id(i), i % 3, pixels(i));
            }
            return buffer.images(0.5);
        }
    }
}
