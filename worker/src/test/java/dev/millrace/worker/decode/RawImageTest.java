package dev.millrace.worker.decode;

import static dev.millrace.worker.decode.Images.GREY_6X5;
import static dev.millrace.worker.decode.Images.RGB_6X5;
import static dev.millrace.worker.decode.Images.decode;
import static dev.millrace.worker.decode.Images.decoder;
import static dev.millrace.worker.decode.Images.rejection;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RawImageTest {

    /** Two rows of two pixels: (1,2,3) (4,5,6) / (7,8,9) (10,11,12). */
    private static final byte[] HWC = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

    @Test
    void readsPlanesAsTheSameImage() throws Exception {
        byte[] planes = new byte[HWC.length];
        for (int i = 0; i < HWC.length; i++) {
            planes[i % 3 * 4 + i / 3] = HWC[i];
        }
        for (TensorLayout layout : TensorLayout.values()) {
            assertThat(decode(shape(layout, ChannelOrder.RGB), EncodedImage.planes(2, 2, 3, planes)))
                    .isEqualTo(decode(shape(layout, ChannelOrder.RGB), EncodedImage.raw(2, 2, 3, HWC)));
        }
    }

    @Test
    void copiesRgbToNhwcAsItIs() throws Exception {
        assertThat(decode(shape(TensorLayout.NHWC, ChannelOrder.RGB), EncodedImage.raw(2, 2, 3, HWC)))
                .containsExactly(HWC);
    }

    @Test
    void writesOnePlanePerChannelForNchw() throws Exception {
        assertThat(decode(shape(TensorLayout.NCHW, ChannelOrder.RGB), EncodedImage.raw(2, 2, 3, HWC)))
                .containsExactly(1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12);
    }

    @Test
    void swapsRedAndBlueForBgr() throws Exception {
        assertThat(decode(shape(TensorLayout.NHWC, ChannelOrder.BGR), EncodedImage.raw(2, 2, 3, HWC)))
                .containsExactly(3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10);
        assertThat(decode(shape(TensorLayout.NCHW, ChannelOrder.BGR), EncodedImage.raw(2, 2, 3, HWC)))
                .containsExactly(3, 6, 9, 12, 2, 5, 8, 11, 1, 4, 7, 10);
    }

    @Test
    void repeatsGreyForEveryChannel() throws Exception {
        byte[] grey = {1, 2, 3, 4};
        assertThat(decode(shape(TensorLayout.NHWC, ChannelOrder.RGB), EncodedImage.raw(2, 2, 1, grey)))
                .containsExactly(1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4);
        assertThat(decode(shape(TensorLayout.NCHW, ChannelOrder.BGR), EncodedImage.raw(2, 2, 1, grey)))
                .containsExactly(1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4);
    }

    @ParameterizedTest
    @CsvSource({
        "255, 0, 0, 76",
        "0, 255, 0, 150",
        "0, 0, 255, 29",
        "255, 255, 255, 255",
        "0, 0, 0, 0",
        "10, 200, 77, 129"
    })
    void weighsColoursByBt601Luma(int r, int g, int b, int luma) throws Exception {
        byte[] rgb = {(byte) r, (byte) g, (byte) b};
        PixelShape onePixel = new PixelShape(1, 1, 1, TensorLayout.NCHW, ChannelOrder.GREY);
        assertThat(decode(onePixel, EncodedImage.raw(1, 1, 3, rgb))).containsExactly(luma);
    }

    @Test
    void writesAtTheOffsetAndNowhereElse() throws Exception {
        PixelShape shape = shape(TensorLayout.NCHW, ChannelOrder.RGB);
        ByteBuffer into = ByteBuffer.allocateDirect(36);
        decoder(shape).decode(EncodedImage.raw(2, 2, 3, HWC), into, 12);
        byte[] all = new byte[36];
        into.get(0, all);
        assertThat(all).startsWith(new byte[12]).endsWith(new byte[12]);
        assertThat(all[12]).isEqualTo((byte) 1);
        assertThat(into.position()).isZero();
    }

    @Test
    void readsFromPositionToLimitAndLeavesThemAlone() throws Exception {
        ByteBuffer window = ByteBuffer.wrap(new byte[] {99, 99, 1, 2, 3, 4, 99}).slice(1, 6);
        window.position(1).limit(5);
        PixelShape shape = new PixelShape(2, 2, 1, TensorLayout.NCHW, ChannelOrder.GREY);
        assertThat(decode(shape, new EncodedImage(Encoding.RAW_U8, 2, 2, 1, window)))
                .containsExactly(1, 2, 3, 4);
        assertThat(window.position()).isEqualTo(1);
        assertThat(window.remaining()).isEqualTo(4);
    }

    @ParameterizedTest
    @CsvSource({
        "6, 5, 1, 29",
        "6, 5, 1, 31",
        "6, 5, 1, 0",
        "6, 5, 3, 30",
        "0, 5, 1, 0",
        "-6, -5, 1, 30",
        "65536, 65536, 1, 0",
        "2147483647, 2147483647, 3, 3",
        "1431655766, 3, 1, 2",
    })
    void rejectsASizeThatDoesNotMatchTheBytes(int width, int height, int channels, int bytes) {
        ImageRejectedException rejected =
                rejection(GREY_6X5, EncodedImage.raw(width, height, channels, new byte[bytes]));
        assertThat(rejected.reason()).isEqualTo(RejectionReason.SIZE_MISMATCH);
        assertThat(rejected).hasMessageContaining("(expected: ").hasNoCause();
        assertThat(rejected.getStackTrace()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"5, 6", "7, 5", "1, 1", "30, 1"})
    void rejectsAnImageThatIsNotOfTheModelsSize(int width, int height) {
        ImageRejectedException rejected =
                rejection(RGB_6X5, EncodedImage.raw(width, height, 1, new byte[width * height]));
        assertThat(rejected.reason()).isEqualTo(RejectionReason.WRONG_SIZE);
        assertThat(rejected)
                .hasMessage(
                        "image: %dx%d (expected: 6x5, the model's size, since it says of no way to resize)",
                        width, height);
    }

    @ParameterizedTest
    @CsvSource({"0", "2", "4", "-1"})
    void rejectsChannelCountsOtherThanOneAndThree(int channels) {
        ImageRejectedException rejected = rejection(RGB_6X5, EncodedImage.raw(6, 5, channels, new byte[120]));
        assertThat(rejected.reason()).isEqualTo(RejectionReason.UNSUPPORTED_IMAGE);
        assertThat(rejected).hasMessage("channels: %d (expected: 1 or 3)", channels);
    }

    @Test
    void rejectsMoreBytesOrPixelsThanTheLimits() {
        ImageDecoder byBytes = new ImageDecoder(GREY_6X5, new DecodeLimits(29, 1000));
        ImageDecoder byPixels = new ImageDecoder(GREY_6X5, new DecodeLimits(1000, 29));
        EncodedImage image = EncodedImage.raw(6, 5, 1, new byte[30]);
        assertThat(rejection(byBytes, GREY_6X5, image).reason()).isEqualTo(RejectionReason.TOO_LARGE);
        assertThat(rejection(byPixels, GREY_6X5, image).reason()).isEqualTo(RejectionReason.TOO_LARGE);
    }

    private static PixelShape shape(TensorLayout layout, ChannelOrder order) {
        return new PixelShape(2, 2, order.channels(), layout, order);
    }
}
