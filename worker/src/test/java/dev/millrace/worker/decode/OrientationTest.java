package dev.millrace.worker.decode;

import static dev.millrace.worker.decode.Images.buffered;
import static dev.millrace.worker.decode.Images.decode;
import static dev.millrace.worker.decode.Images.noise;
import static dev.millrace.worker.decode.Images.written;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.worker.decode.Resizing.Filter;
import dev.millrace.worker.decode.Resizing.Fit;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OrientationTest {

    /** Odd, as the height: no pixel is equally near to two. */
    private static final int WIDTH = 7;

    private static final int HEIGHT = 5;
    private static final PixelShape UPRIGHT = new PixelShape(HEIGHT, WIDTH, 3, TensorLayout.NHWC, ChannelOrder.RGB);

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void standsUprightWhateverTheTag(int tag) throws Exception {
        byte[] upright = noise(7, WIDTH * HEIGHT * 3);
        byte[] png = written("png", stored(tag, upright));
        for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
            EncodedImage image = EncodedImage.png(withChunk(png, "eXIf", exif(tag, order)));
            assertThat(decode(UPRIGHT, image)).isEqualTo(upright);
            assertThat(image.headerShape()).isEqualTo(UPRIGHT);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void aPlaceOnTheStoredImageIsFoundOnTheUprightOne(int tag) throws Exception {
        byte[] upright = new byte[WIDTH * HEIGHT * 3];
        for (int y = 1; y < 3; y++) {
            Arrays.fill(upright, (y * WIDTH + 2) * 3, (y * WIDTH + 6) * 3, (byte) 255);
        }
        BufferedImage stored = stored(tag, upright);
        Rectangle bright = new Rectangle(-1, -1);
        for (int v = 0; v < stored.getHeight(); v++) {
            for (int u = 0; u < stored.getWidth(); u++) {
                if (stored.getRaster().getSample(u, v, 0) == 255) {
                    bright.add(new Rectangle(u, v, 1, 1));
                }
            }
        }
        Frame frame = EncodedImage.png(withChunk(written("png", stored), "eXIf", exif(tag, ByteOrder.BIG_ENDIAN)))
                .frame();
        assertThat(frame.upright(bright)).isEqualTo(new Rectangle(2, 1, 4, 2));
        assertThat(frame.isTurned()).isEqualTo(tag > 1);
        assertThat(frame.uprightWidth()).isEqualTo(WIDTH);
        assertThat(frame.uprightHeight()).isEqualTo(HEIGHT);
        assertThat(frame.storedWidth()).isEqualTo(stored.getWidth());
        assertThat(frame.storedHeight()).isEqualTo(stored.getHeight());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void isCroppedAndFilledAsAnUprightImageIs(int tag) throws Exception {
        byte[] upright = noise(8, WIDTH * HEIGHT * 3);
        PixelShape canvas = new PixelShape(4, 3, 3, TensorLayout.NCHW, ChannelOrder.BGR);
        EncodedImage image = EncodedImage.png(
                withChunk(written("png", stored(tag, upright)), "eXIf", exif(tag, ByteOrder.BIG_ENDIAN)));
        for (Fit fit : new Fit[] {Fit.CROP, Fit.LETTERBOX, Fit.STRETCH}) {
            ImageDecoder decoder = new ImageDecoder(canvas, new Resizing(fit, Filter.NEAREST, 9), DecodeLimits.DEFAULT);
            ByteBuffer straight = ByteBuffer.allocate(canvas.bytes());
            Placement expected = decoder.decode(EncodedImage.raw(WIDTH, HEIGHT, 3, upright), straight, 0);
            ByteBuffer turned = ByteBuffer.allocate(canvas.bytes());
            assertThat(decoder.decode(image, turned, 0)).isEqualTo(expected);
            assertThat(turned).isEqualTo(straight);
        }
    }

    @Test
    void isReadFromAJpegToo() throws Exception {
        byte[] upright = noise(9, WIDTH * HEIGHT * 3);
        byte[] jpeg = written("jpeg", stored(6, upright));
        byte[] pixels = decode(UPRIGHT, EncodedImage.jpeg(withExif(jpeg, exif(6, ByteOrder.LITTLE_ENDIAN))));
        PixelShape lying =
                new PixelShape(/* height= */ WIDTH, /* width= */ HEIGHT, 3, TensorLayout.NHWC, ChannelOrder.RGB);
        byte[] untouched = decode(lying, EncodedImage.jpeg(jpeg));
        BufferedImage turned = stored(6, pixels);
        assertThat(turned.getRaster().getPixels(0, 0, HEIGHT, WIDTH, (int[]) null))
                .isEqualTo(buffered(/* width= */ HEIGHT, /* height= */ WIDTH, 3, untouched)
                        .getRaster()
                        .getPixels(0, 0, HEIGHT, WIDTH, (int[]) null));
    }

    @Test
    void isNormalWhereExifCannotBeRead() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] sound = exif(6, ByteOrder.LITTLE_ENDIAN);
        assertThat(Orientation.of(ByteBuffer.wrap(sound))).isEqualTo(Orientation.TURN_RIGHT);
        for (int length = 0; length < 34; length++) {
            assertThat(Orientation.of(ByteBuffer.wrap(Arrays.copyOf(sound, length))))
                    .as("cut to %d bytes", length)
                    .isEqualTo(Orientation.NORMAL);
        }
        for (int tag : new int[] {0, 9, 65_535}) {
            assertThat(Orientation.of(ByteBuffer.wrap(exif(tag, ByteOrder.BIG_ENDIAN))))
                    .isEqualTo(Orientation.NORMAL);
        }
        for (int round = 0; round < 5_000; round++) {
            byte[] damaged = sound.clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            assertThat(Orientation.of(ByteBuffer.wrap(damaged)))
                    .as("seed %d, round %d", seed, round)
                    .isNotNull();
        }
    }

    /** As a camera that was held so would store it (CIPA DC-008, 4.6.4: where row 0 and column 0 of what is stored are). */
    private static BufferedImage stored(int tag, byte[] upright) {
        boolean transposed = tag >= 5;
        int width = transposed ? HEIGHT : WIDTH;
        int height = transposed ? WIDTH : HEIGHT;
        byte[] stored = new byte[upright.length];
        for (int v = 0; v < height; v++) {
            for (int u = 0; u < width; u++) {
                int x =
                        switch (tag) {
                            case 1, 4 -> u;
                            case 2, 3 -> WIDTH - 1 - u;
                            case 5, 8 -> v;
                            default -> WIDTH - 1 - v;
                        };
                int y =
                        switch (tag) {
                            case 1, 2 -> v;
                            case 3, 4 -> HEIGHT - 1 - v;
                            case 5, 6 -> u;
                            default -> HEIGHT - 1 - u;
                        };
                System.arraycopy(upright, (y * WIDTH + x) * 3, stored, (v * width + u) * 3, 3);
            }
        }
        return buffered(width, height, 3, stored);
    }

    /** Another tag, and then the orientation. */
    private static byte[] exif(int tag, ByteOrder order) {
        ByteBuffer tiff = ByteBuffer.allocate(40).order(order);
        tiff.put(order == ByteOrder.LITTLE_ENDIAN ? new byte[] {'I', 'I'} : new byte[] {'M', 'M'});
        tiff.putShort((short) 42).putInt(8).putShort((short) 2);
        tiff.putShort((short) 0x0100)
                .putShort((short) 3)
                .putInt(1)
                .putShort((short) 6)
                .putShort((short) 0);
        tiff.putShort((short) 0x0112)
                .putShort((short) 3)
                .putInt(1)
                .putShort((short) tag)
                .putShort((short) 0);
        return tiff.putInt(0).array();
    }

    private static byte[] withChunk(byte[] png, String type, byte[] data) {
        ByteBuffer chunk = ByteBuffer.allocate(12 + data.length);
        chunk.putInt(data.length)
                .put(type.getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                .put(data);
        CRC32 crc = new CRC32();
        crc.update(chunk.array(), 4, 4 + data.length);
        chunk.putInt((int) crc.getValue());
        int afterIhdr = 33;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(png, 0, afterIhdr);
        out.writeBytes(chunk.array());
        out.write(png, afterIhdr, png.length - afterIhdr);
        return out.toByteArray();
    }

    private static byte[] withExif(byte[] jpeg, byte[] tiff) {
        ByteBuffer segment = ByteBuffer.allocate(10 + tiff.length);
        segment.putShort((short) 0xFFE1).putShort((short) (8 + tiff.length));
        segment.put("Exif\0\0".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                .put(tiff);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(jpeg, 0, 2);
        out.writeBytes(segment.array());
        out.write(jpeg, 2, jpeg.length - 2);
        return out.toByteArray();
    }
}
