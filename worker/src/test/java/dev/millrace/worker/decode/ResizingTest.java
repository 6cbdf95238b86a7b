package dev.millrace.worker.decode;

import static dev.millrace.worker.decode.Images.buffered;
import static dev.millrace.worker.decode.Images.decode;
import static dev.millrace.worker.decode.Images.noise;
import static dev.millrace.worker.decode.Images.written;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.worker.decode.Resizing.Filter;
import dev.millrace.worker.decode.Resizing.Fit;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class ResizingTest {

    /** The reference rounds between columns and rows, or computes in fixed point. */
    private static final int OFF = 2;

    static List<String> referenceImages() {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(ResizingTest.class.getResourceAsStream("resampled.txt")), US_ASCII))) {
            return lines.lines().filter(line -> !line.startsWith("#")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("referenceImages")
    void resamplesAsPillowAndOpenCvDo(String line) throws Exception {
        String[] parts = line.split(": ", 2);
        String[] head = parts[0].split(" ", -1);
        int width = Integer.parseInt(head[1]);
        int height = Integer.parseInt(head[2]);
        byte[] image = new byte[width * height];
        for (int i = 0; i < image.length; i++) {
            int x = i % width;
            int y = i / width;
            image[i] = (byte) (64 + (37 * x + 91 * y + 13 * x * y) % 128);
        }
        PixelShape canvas = grey(Integer.parseInt(head[3]), Integer.parseInt(head[4]));
        byte[] resampled = decode(
                decoder(canvas, Fit.STRETCH, Filter.valueOf(head[0])),
                canvas,
                EncodedImage.raw(width, height, 1, image));
        int[] expected =
                Stream.of(parts[1].split(" ", -1)).mapToInt(Integer::parseInt).toArray();
        for (int i = 0; i < expected.length; i++) {
            assertThat(resampled[i] & 0xFF).as("pixel %d", i).isCloseTo(expected[i], within(OFF));
        }
    }

    @ParameterizedTest
    @EnumSource(Filter.class)
    void leavesAFlatImageFlat(Filter filter) throws Exception {
        byte[] flat = new byte[31 * 17 * 3];
        Arrays.fill(flat, (byte) 255);
        for (PixelShape canvas : List.of(rgb(7, 9), rgb(64, 40))) {
            assertThat(decode(decoder(canvas, Fit.STRETCH, filter), canvas, EncodedImage.raw(31, 17, 3, flat)))
                    .containsOnly(255);
        }
    }

    @ParameterizedTest
    @CsvSource({
        // image, canvas: scaled by, left, top
        "LETTERBOX, 200, 100, 50, 50, 0.25, 0.25, 0, 12",
        "LETTERBOX, 100, 200, 50, 50, 0.25, 0.25, 12, 0",
        "LETTERBOX, 10, 10, 40, 20, 2, 2, 10, 0",
        "CROP, 200, 100, 50, 50, 0.5, 0.5, -25, 0",
        "CROP, 100, 200, 50, 50, 0.5, 0.5, 0, -25",
        "CROP, 10, 10, 40, 20, 4, 4, 0, -10",
        "STRETCH, 200, 100, 50, 50, 0.25, 0.5, 0, 0",
        "NONE, 50, 50, 50, 50, 1, 1, 0, 0",
    })
    void saysWhereTheImageLies(
            Fit fit,
            int width,
            int height,
            int canvasWidth,
            int canvasHeight,
            double scaleX,
            double scaleY,
            double left,
            double top)
            throws Exception {
        PixelShape canvas = rgb(canvasWidth, canvasHeight);
        Placement placement = decoder(canvas, fit, Filter.AREA)
                .decode(
                        EncodedImage.raw(width, height, 3, new byte[width * height * 3]),
                        ByteBuffer.allocate(canvas.bytes()),
                        0);
        assertThat(placement).isEqualTo(new Placement(width, height, scaleX, scaleY, left, top));
    }

    @Test
    void isReadByTheWordsOfManifestsAndOfMetadata() {
        for (Fit fit : Fit.values()) {
            for (Filter filter : Filter.values()) {
                Resizing expected = new Resizing(fit, filter, 7);
                assertThat(Resizing.of(fit.name(), filter.name(), 7)).isEqualTo(expected);
                assertThat(Resizing.of(Resizing.word(fit), Resizing.word(filter), 7))
                        .isEqualTo(expected);
            }
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Resizing.of("diagonal", "area", 0))
                .withMessage("resize: diagonal (expected: one of none, stretch, crop, letterbox)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Resizing.of("crop", "area", 256))
                .withMessage("fill: 256 (expected: 0 to 255)");
    }

    @Test
    void fillsBesideALetterboxAndNowhereElse() throws Exception {
        PixelShape canvas = rgb(8, 8);
        byte[] white = new byte[16 * 8 * 3];
        Arrays.fill(white, (byte) 255);
        byte[] pixels = decode(
                new ImageDecoder(canvas, new Resizing(Fit.LETTERBOX, Filter.AREA, 114), DecodeLimits.DEFAULT),
                canvas,
                EncodedImage.raw(16, 8, 3, white));
        for (int i = 0; i < pixels.length; i++) {
            int y = i / 24;
            assertThat(pixels[i] & 0xFF).as("sample %d", i).isEqualTo(y >= 2 && y < 6 ? 255 : 114);
        }
    }

    @Test
    void cropsTheMiddle() throws Exception {
        byte[] image = new byte[9 * 3];
        for (int i = 0; i < image.length; i++) {
            image[i] = (byte) (i % 9 * 10);
        }
        PixelShape canvas = grey(3, 3);
        assertThat(decode(decoder(canvas, Fit.CROP, Filter.AREA), canvas, EncodedImage.raw(9, 3, 1, image)))
                .containsExactly(30, 40, 50, 30, 40, 50, 30, 40, 50);
    }

    @ParameterizedTest
    @EnumSource(
            value = Fit.class,
            names = {"CROP", "LETTERBOX", "STRETCH"})
    void takesImagesOfAnyProportion(Fit fit) throws Exception {
        PixelShape canvas = rgb(16, 12);
        for (int[] size : new int[][] {{1, 1}, {1, 60_000}, {60_000, 1}, {3, 5000}}) {
            byte[] grey = noise(1, size[0] * size[1]);
            assertThat(decode(
                            decoder(canvas, fit, Filter.BICUBIC_ANTIALIAS),
                            canvas,
                            EncodedImage.raw(size[0], size[1], 1, grey)))
                    .hasSize(canvas.bytes());
        }
    }

    @Test
    void makesTheSameOfAnImageWhateverItComesAs() throws Exception {
        byte[] hwc = noise(5, 40 * 30 * 3);
        byte[] planes = new byte[hwc.length];
        for (int i = 0; i < hwc.length; i++) {
            planes[i % 3 * 1200 + i / 3] = hwc[i];
        }
        EncodedImage png = EncodedImage.png(written("png", buffered(40, 30, 3, hwc)));
        for (PixelShape canvas : List.of(rgb(17, 19), grey(17, 19), bgrPlanes(50, 40))) {
            ImageDecoder decoder = decoder(canvas, Fit.LETTERBOX, Filter.BILINEAR);
            byte[] raw = decode(decoder, canvas, EncodedImage.raw(40, 30, 3, hwc));
            assertThat(decode(decoder, canvas, EncodedImage.planes(40, 30, 3, planes)))
                    .isEqualTo(raw);
            assertThat(decode(decoder, canvas, png)).isEqualTo(raw);
        }
    }

    private static ImageDecoder decoder(PixelShape canvas, Fit fit, Filter filter) {
        return new ImageDecoder(canvas, new Resizing(fit, filter, 0), DecodeLimits.DEFAULT);
    }

    private static PixelShape grey(int width, int height) {
        return new PixelShape(height, width, 1, TensorLayout.NCHW, ChannelOrder.GREY);
    }

    private static PixelShape rgb(int width, int height) {
        return new PixelShape(height, width, 3, TensorLayout.NHWC, ChannelOrder.RGB);
    }

    private static PixelShape bgrPlanes(int width, int height) {
        return new PixelShape(height, width, 3, TensorLayout.NCHW, ChannelOrder.BGR);
    }
}
