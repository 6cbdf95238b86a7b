package dev.millrace.worker.decode;

import static dev.millrace.worker.decode.Images.buffered;
import static dev.millrace.worker.decode.Images.decode;
import static dev.millrace.worker.decode.Images.decoder;
import static dev.millrace.worker.decode.Images.noise;
import static dev.millrace.worker.decode.Images.rejection;
import static dev.millrace.worker.decode.Images.written;
import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class JpegImageTest {

    private static final int SIZE = 24;
    private static final PixelShape GREY = new PixelShape(SIZE, SIZE, 1, TensorLayout.NCHW, ChannelOrder.GREY);
    private static final PixelShape RGB = new PixelShape(SIZE, SIZE, 3, TensorLayout.NHWC, ChannelOrder.RGB);

    @ParameterizedTest
    @CsvSource({"1, false", "3, false", "1, true", "3, true"})
    void givesTheSamplesThatTheReaderDecoded(int channels, boolean progressive) throws Exception {
        byte[] jpeg = jpeg(channels, progressive);
        BufferedImage reference = ImageIO.read(new ByteArrayInputStream(jpeg));
        int[] samples = reference.getRaster().getPixels(0, 0, SIZE, SIZE, (int[]) null);
        byte[] expected = new byte[samples.length];
        for (int i = 0; i < samples.length; i++) {
            expected[i] = (byte) samples[i];
        }
        assertThat(decode(channels == 1 ? GREY : RGB, EncodedImage.jpeg(jpeg))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rejectsAFileCutAnywhere(boolean progressive) throws Exception {
        byte[] jpeg = jpeg(3, progressive);
        ImageDecoder decoder = decoder(RGB);
        for (int length = 4; length < jpeg.length; length++) {
            ImageRejectedException rejected = rejection(decoder, RGB, EncodedImage.jpeg(Arrays.copyOf(jpeg, length)));
            assertThat(rejected.reason()).as("cut to %d bytes", length).isEqualTo(RejectionReason.CORRUPT_IMAGE);
        }
    }

    @Test
    void rejectsACutFileThatWasGivenAnEndMarkerAgain() throws Exception {
        byte[] jpeg = jpeg(3, false);
        int scan = startOf(jpeg, 0xDA);
        ImageDecoder decoder = decoder(RGB);
        for (int length = scan + 20; length < jpeg.length - 40; length += 7) {
            byte[] cut = Arrays.copyOf(jpeg, length + 2);
            cut[length] = (byte) 0xFF;
            cut[length + 1] = (byte) 0xD9;
            assertThat(rejection(decoder, RGB, EncodedImage.jpeg(cut)).reason())
                    .as("cut to %d bytes", length)
                    .isEqualTo(RejectionReason.CORRUPT_IMAGE);
        }
    }

    @Test
    void ignoresCommentsProfilesAndExif() throws Exception {
        byte[] jpeg = jpeg(3, false);
        byte[] broken = "ICC_PROFILE\0\1\1 and no profile".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        byte[] dressed = insert(insert(insert(jpeg, 0xE2, broken), 0xE1, noise(3, 500)), 0xFE, noise(4, 60_000));
        assertThat(decode(RGB, EncodedImage.jpeg(dressed))).isEqualTo(decode(RGB, EncodedImage.jpeg(jpeg)));
    }

    @Test
    void ignoresWhatFollowsTheEndMarker() throws Exception {
        byte[] jpeg = jpeg(1, false);
        assertThat(decode(GREY, EncodedImage.jpeg(Arrays.copyOf(jpeg, jpeg.length + 100))))
                .isEqualTo(decode(GREY, EncodedImage.jpeg(jpeg)));
    }

    @Test
    void rejectsABombFromItsHeader() throws Exception {
        byte[] jpeg = jpeg(3, false);
        setFrame(jpeg, 1, 65_500 >> 8, 65_500 & 0xFF, 65_500 >> 8, 65_500 & 0xFF);
        assertThat(rejection(RGB, EncodedImage.jpeg(jpeg)).reason()).isEqualTo(RejectionReason.TOO_LARGE);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 12, sample precision: 12 bits",
        "5, 4, 'components: 4, CMYK'",
        "5, 2, components: 2",
        "2, 0, size: 24x0",
    })
    void namesTheKindsItDoesNotRead(int at, int value, String named) throws Exception {
        byte[] jpeg = jpeg(3, false);
        setFrame(jpeg, at, value);
        ImageRejectedException rejected = rejection(RGB, EncodedImage.jpeg(jpeg));
        assertThat(rejected.reason()).isEqualTo(RejectionReason.UNSUPPORTED_IMAGE);
        assertThat(rejected).hasMessageContaining(named);
    }

    @ParameterizedTest
    @ValueSource(ints = {0xC3, 0xC5, 0xC9, 0xCF})
    void rejectsLosslessHierarchicalAndArithmeticCoding(int frame) throws Exception {
        byte[] jpeg = jpeg(3, false);
        jpeg[startOf(jpeg, 0xC0) + 1] = (byte) frame;
        ImageRejectedException rejected = rejection(RGB, EncodedImage.jpeg(jpeg));
        assertThat(rejected.reason()).isEqualTo(RejectionReason.UNSUPPORTED_IMAGE);
        assertThat(rejected).hasMessageContaining("SOF" + (frame - 0xC0));
    }

    @Test
    void rejectsASecondFrame() throws Exception {
        byte[] jpeg = jpeg(3, false);
        int frame = startOf(jpeg, 0xC0);
        byte[] twice = insert(jpeg, 0xC0, Arrays.copyOfRange(jpeg, frame + 4, frame + 19));
        assertThat(rejection(RGB, EncodedImage.jpeg(twice)).reason()).isEqualTo(RejectionReason.CORRUPT_IMAGE);
    }

    @Test
    void rejectsAPngThatIsCalledJpeg() throws Exception {
        byte[] png = written("png", buffered(SIZE, SIZE, 1, noise(1, SIZE * SIZE)));
        assertThat(rejection(GREY, EncodedImage.jpeg(png)).reason()).isEqualTo(RejectionReason.UNKNOWN_ENCODING);
        assertThat(rejection(GREY, EncodedImage.jpeg(new byte[3])).reason())
                .isEqualTo(RejectionReason.UNKNOWN_ENCODING);
    }

    private static byte[] jpeg(int channels, boolean progressive) throws Exception {
        return written("jpeg", buffered(SIZE, SIZE, channels, noise(channels, SIZE * SIZE * channels)), progressive);
    }

    private static int startOf(byte[] jpeg, int marker) {
        for (int i = 0; ; i++) {
            if ((jpeg[i] & 0xFF) == 0xFF && (jpeg[i + 1] & 0xFF) == marker) {
                return i;
            }
        }
    }

    /** Changes the frame header's bytes, counted from its precision on. */
    private static void setFrame(byte[] jpeg, int at, int... values) {
        int payload = startOf(jpeg, 0xC0) + 4;
        for (int i = 0; i < values.length; i++) {
            jpeg[payload + at + i] = (byte) values[i];
        }
    }

    /** A segment more, right after the start of the image. */
    private static byte[] insert(byte[] jpeg, int marker, byte[] payload) {
        byte[] longer = new byte[jpeg.length + payload.length + 4];
        int length = payload.length + 2;
        System.arraycopy(jpeg, 0, longer, 0, 2);
        longer[2] = (byte) 0xFF;
        longer[3] = (byte) marker;
        longer[4] = (byte) (length >> 8);
        longer[5] = (byte) length;
        System.arraycopy(payload, 0, longer, 6, payload.length);
        System.arraycopy(jpeg, 2, longer, payload.length + 6, jpeg.length - 2);
        return longer;
    }
}
