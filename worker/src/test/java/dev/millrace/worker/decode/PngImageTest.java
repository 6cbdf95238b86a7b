package dev.millrace.worker.decode;

import static dev.millrace.worker.decode.Images.GREY_6X5;
import static dev.millrace.worker.decode.Images.RGB_6X5;
import static dev.millrace.worker.decode.Images.buffered;
import static dev.millrace.worker.decode.Images.decode;
import static dev.millrace.worker.decode.Images.decoder;
import static dev.millrace.worker.decode.Images.noise;
import static dev.millrace.worker.decode.Images.rejection;
import static dev.millrace.worker.decode.Images.written;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PngImageTest {

    @ParameterizedTest
    @CsvSource({"1, false", "3, false", "1, true", "3, true"})
    void givesTheSamePixelsAsRaw(int channels, boolean interlaced) throws Exception {
        byte[] hwc = noise(channels, 30 * channels);
        byte[] png = written("png", buffered(6, 5, channels, hwc), interlaced);
        for (PixelShape target : new PixelShape[] {GREY_6X5, RGB_6X5}) {
            assertThat(decode(target, EncodedImage.png(png)))
                    .isEqualTo(decode(target, EncodedImage.raw(6, 5, channels, hwc)));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void spreadsGreyOfFewBitsOverTheWholeRange(int bits) throws Exception {
        int rowBytes = (6 * bits + 7) / 8;
        byte[] packed = noise(bits, rowBytes * 5);
        byte[] png = PngBytes.withHeader(6, 5, bits, 0).rows(packed, rowBytes);
        byte[] expected = new byte[30];
        for (int i = 0; i < 30; i++) {
            int bit = i % 6 * bits;
            int sample = (packed[i / 6 * rowBytes + bit / 8] & 0xFF) >> (8 - bits - bit % 8) & ((1 << bits) - 1);
            expected[i] = (byte) (sample * 255 / ((1 << bits) - 1));
        }
        assertThat(decode(GREY_6X5, EncodedImage.png(png))).isEqualTo(expected);
    }

    @Test
    void looksColoursUpInThePalette() throws Exception {
        byte[] palette = noise(5, 4 * 3);
        byte[] indices = new byte[30];
        byte[] expected = new byte[90];
        for (int i = 0; i < 30; i++) {
            indices[i] = (byte) (i % 4);
            System.arraycopy(palette, i % 4 * 3, expected, i * 3, 3);
        }
        byte[] png = PngBytes.withHeader(6, 5, 8, 3).chunk("PLTE", palette).rows(indices, 6);
        assertThat(decode(RGB_6X5, EncodedImage.png(png))).isEqualTo(expected);
    }

    @Test
    void rejectsAnIndexBeyondThePalette() {
        byte[] indices = new byte[30];
        indices[17] = 9;
        byte[] png = PngBytes.withHeader(6, 5, 8, 3).chunk("PLTE", noise(5, 12)).rows(indices, 6);
        assertThat(rejection(RGB_6X5, EncodedImage.png(png)).reason()).isEqualTo(RejectionReason.CORRUPT_IMAGE);
    }

    @Test
    void rejectsAPngBombFromItsHeader() {
        byte[] bomb = PngBytes.withHeader(20_000, 20_000, 8, 0).rows(new byte[20_000], 20_000);
        ImageRejectedException rejected = rejection(GREY_6X5, EncodedImage.png(bomb));
        assertThat(rejected.reason()).isEqualTo(RejectionReason.TOO_LARGE);
        assertThat(rejected).hasMessage("pixels: 20000x20000 (expected: at most 25000000 pixels)");
    }

    @Test
    void rejectsALargeImageFromItsHeaderThoughNoPixelFollows() {
        byte[] headerOnly = PngBytes.withHeader(4_900, 4_900, 8, 2).end();
        assertThat(rejection(GREY_6X5, EncodedImage.png(headerOnly)).reason()).isEqualTo(RejectionReason.WRONG_SIZE);
    }

    @ParameterizedTest
    @CsvSource({"16, 0, bit depth: 16", "16, 2, bit depth: 16", "8, 4, with alpha", "8, 6, with alpha"})
    void namesTheKindsItDoesNotRead(int bits, int colourType, String named) {
        byte[] png = PngBytes.withHeader(6, 5, bits, colourType).rows(new byte[240], 48);
        ImageRejectedException rejected = rejection(GREY_6X5, EncodedImage.png(png));
        assertThat(rejected.reason()).isEqualTo(RejectionReason.UNSUPPORTED_IMAGE);
        assertThat(rejected).hasMessageContaining(named);
    }

    @ParameterizedTest
    @CsvSource({"tRNS, transparency", "acTL, animation"})
    void rejectsTransparencyAndAnimation(String chunk, String named) {
        byte[] png = PngBytes.withHeader(6, 5, 8, 0).chunk(chunk, new byte[2]).rows(new byte[30], 6);
        ImageRejectedException rejected = rejection(GREY_6X5, EncodedImage.png(png));
        assertThat(rejected.reason()).isEqualTo(RejectionReason.UNSUPPORTED_IMAGE);
        assertThat(rejected).hasMessageContaining(named);
    }

    @Test
    void rejectsAFileCutAnywhere() throws Exception {
        byte[] png = written("png", buffered(6, 5, 3, noise(7, 90)));
        ImageDecoder decoder = decoder(RGB_6X5);
        for (int length = 8; length < png.length; length++) {
            ImageRejectedException rejected = rejection(decoder, RGB_6X5, EncodedImage.png(Arrays.copyOf(png, length)));
            assertThat(rejected.reason()).as("cut to %d bytes", length).isEqualTo(RejectionReason.CORRUPT_IMAGE);
        }
    }

    @Test
    void rejectsEveryFlippedBit() throws Exception {
        byte[] png = written("png", buffered(6, 5, 1, noise(8, 30)));
        ImageDecoder decoder = decoder(GREY_6X5);
        for (int bit = 0; bit < png.length * 8; bit++) {
            byte[] flipped = png.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            rejection(decoder, GREY_6X5, EncodedImage.png(flipped));
        }
        assertThat(decode(decoder, GREY_6X5, EncodedImage.png(png))).isEqualTo(noise(8, 30));
    }

    @Test
    void neverInflatesTextChunks() throws Exception {
        byte[] bomb = PngBytes.deflate(new byte[200 << 20]);
        byte[] keyword = "Comment\0\0".getBytes(StandardCharsets.US_ASCII);
        byte[] text = Arrays.copyOf(keyword, keyword.length + bomb.length);
        System.arraycopy(bomb, 0, text, keyword.length, bomb.length);
        byte[] palette = {0, 0, 0, 1, 1, 1};
        PngBytes png = PngBytes.withHeader(6, 5, 8, 3).chunk("PLTE", palette);
        for (int i = 0; i < 10; i++) {
            png.chunk("zTXt", text);
        }
        assertThat(decode(RGB_6X5, EncodedImage.png(png.rows(new byte[30], 6)))).containsOnly(0);
    }

    @Test
    void leavesGammaAlone() throws Exception {
        byte[] grey = noise(9, 30);
        byte[] png = PngBytes.withHeader(6, 5, 8, 0)
                .chunk("gAMA", new byte[] {0, 0, 0x40, 0})
                .rows(grey, 6);
        assertThat(decode(GREY_6X5, EncodedImage.png(png))).isEqualTo(grey);
    }

    @ParameterizedTest
    @CsvSource({"7, 0, 0, width", "0, 6, 0, height", "0, 0, 3, channels", "-6, 5, 1, width"})
    void rejectsAClaimThatIsNotTheHeaders(int width, int height, int channels, String named) throws Exception {
        byte[] png = written("png", buffered(6, 5, 1, noise(1, 30)));
        EncodedImage image = new EncodedImage(
                Encoding.PNG, width, height, channels, EncodedImage.png(png).bytes());
        ImageRejectedException rejected = rejection(GREY_6X5, image);
        assertThat(rejected.reason()).isEqualTo(RejectionReason.SIZE_MISMATCH);
        assertThat(rejected).hasMessageStartingWith(named + ": ");
    }

    @Test
    void acceptsAClaimThatIsTheHeaders() throws Exception {
        byte[] png = written("png", buffered(6, 5, 1, noise(1, 30)));
        EncodedImage image =
                new EncodedImage(Encoding.PNG, 6, 5, 1, EncodedImage.png(png).bytes());
        assertThat(decode(GREY_6X5, image)).isEqualTo(noise(1, 30));
    }

    @Test
    void rejectsAJpegThatIsCalledPng() throws Exception {
        byte[] jpeg = written("jpeg", buffered(6, 5, 1, noise(1, 30)));
        assertThat(rejection(GREY_6X5, EncodedImage.png(jpeg)).reason()).isEqualTo(RejectionReason.UNKNOWN_ENCODING);
        assertThat(rejection(GREY_6X5, EncodedImage.png(new byte[0])).reason())
                .isEqualTo(RejectionReason.UNKNOWN_ENCODING);
    }
}
