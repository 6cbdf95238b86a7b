package dev.millrace.worker.decode;

import static dev.millrace.worker.decode.Images.buffered;
import static dev.millrace.worker.decode.Images.noise;
import static dev.millrace.worker.decode.Images.written;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EncodedImageTest {

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Test
    void knowsAFileByItsFirstBytesAndNotByItsName() throws Exception {
        byte[] png = written("png", buffered(2, 2, 1, noise(1, 4)));
        byte[] jpeg = written("jpeg", buffered(2, 2, 1, noise(1, 4)));
        assertThat(EncodedImage.ofFile(file("a.jpg", png)).encoding()).isEqualTo(Encoding.PNG);
        assertThat(EncodedImage.ofFile(file("b.png", jpeg)).encoding()).isEqualTo(Encoding.JPEG);
    }

    @Test
    void rejectsAFileThatIsNeither() throws Exception {
        for (byte[] content :
                new byte[][] {{}, {1, 2, 3}, "GIF89a......".getBytes(java.nio.charset.StandardCharsets.US_ASCII)}) {
            Path file = file("c.png", content);
            ImageRejectedException rejected =
                    catchThrowableOfType(ImageRejectedException.class, () -> EncodedImage.ofFile(file));
            assertThat(rejected.reason()).isEqualTo(RejectionReason.UNKNOWN_ENCODING);
        }
    }

    @Test
    void rejectsAHugeFileWithoutReadingItWhole() throws Exception {
        Path file = folder.resolve("huge.png");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(8L << 30);
        }
        ImageRejectedException rejected =
                catchThrowableOfType(ImageRejectedException.class, () -> EncodedImage.ofFile(file));
        assertThat(rejected.reason()).isEqualTo(RejectionReason.TOO_LARGE);
    }

    @Test
    void tellsItsShapeFromItsHeader() throws Exception {
        byte[] png = written("png", buffered(3, 2, 1, noise(1, 6)));
        byte[] jpeg = written("jpeg", buffered(3, 2, 3, noise(1, 18)));

        assertThat(EncodedImage.png(png).headerShape())
                .isEqualTo(new PixelShape(2, 3, 1, TensorLayout.NHWC, ChannelOrder.GREY));
        assertThat(EncodedImage.jpeg(jpeg).headerShape())
                .isEqualTo(new PixelShape(2, 3, 3, TensorLayout.NHWC, ChannelOrder.RGB));
        assertThatExceptionOfType(ImageRejectedException.class)
                .isThrownBy(() -> EncodedImage.png(jpeg).headerShape());
    }

    @Test
    void saysSoWhenThereIsNoFile() {
        assertThatExceptionOfType(NoSuchFileException.class)
                .isThrownBy(() -> EncodedImage.ofFile(folder.resolve("none.png")));
    }

    private Path file(String name, byte[] content) throws IOException {
        return Files.write(folder.resolve(name), content);
    }
}
