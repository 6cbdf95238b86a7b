package dev.millrace.worker.decode;

import static dev.millrace.worker.decode.Images.RGB_6X5;
import static dev.millrace.worker.decode.Images.buffered;
import static dev.millrace.worker.decode.Images.decode;
import static dev.millrace.worker.decode.Images.decoder;
import static dev.millrace.worker.decode.Images.noise;
import static dev.millrace.worker.decode.Images.written;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.fuzz.Fuzzing;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

final class ImageFuzzTest {
    /** The JDK's readers take some hundred kilobytes for the smallest image; a hostile header asks for gigabytes. */
    private static final long MOST_ALLOCATED = 8 << 20;

    private final ImageDecoder decoder = decoder(RGB_6X5);

    @Test
    void pngIsReadOrRejected() throws Exception {
        fuzz("png", pngs(), EncodedImage::png);
    }

    @Test
    void pngWhoseChecksumsFitItsDamageIsReadOrRejected() throws Exception {
        fuzz("png, checksums repaired", pngs(), input -> EncodedImage.png(repaired(input)));
    }

    @Test
    void jpegIsReadOrRejected() throws Exception {
        List<byte[]> sound = List.of(
                written("jpeg", buffered(6, 5, 3, noise(1, 90))),
                written("jpeg", buffered(6, 5, 1, noise(2, 30))),
                written("jpeg", buffered(6, 5, 3, noise(3, 90)), true));
        fuzz("jpeg", sound, EncodedImage::jpeg);
    }

    @Test
    void rawOfAnyClaimedSizeIsReadOrRejected() throws Exception {
        byte[] claimed = ByteBuffer.allocate(12 + 90)
                .putInt(6)
                .putInt(5)
                .putInt(3)
                .put(noise(4, 90))
                .array();
        fuzz("raw", List.of(claimed), input -> {
            ByteBuffer bytes = ByteBuffer.wrap(input);
            int width = bytes.remaining() < 4 ? -1 : bytes.getInt();
            int height = bytes.remaining() < 4 ? Integer.MAX_VALUE : bytes.getInt();
            int channels = bytes.remaining() < 4 ? 3 : bytes.getInt();
            return new EncodedImage(Encoding.RAW_U8, width, height, channels, bytes);
        });
    }

    private interface Reading {
        EncodedImage of(byte[] input);
    }

    private void fuzz(String name, List<byte[]> sound, Reading reading) throws ImageRejectedException {
        byte[] pixels = decode(decoder, RGB_6X5, reading.of(sound.get(0)));
        ByteBuffer into = ByteBuffer.allocateDirect(RGB_6X5.bytes());
        new Fuzzing(name, sound, MOST_ALLOCATED).run(input -> {
            try {
                decoder.decode(reading.of(input), into, 0);
            } catch (ImageRejectedException e) {
                assertThat(e.getMessage()).contains("(expected: ");
            }
        });
        assertThat(decode(decoder, RGB_6X5, reading.of(sound.get(0))))
                .as("a sound image after all the others")
                .isEqualTo(pixels);
    }

    private static List<byte[]> pngs() throws Exception {
        byte[] palette = PngBytes.withHeader(6, 5, 4, 3)
                .chunk("PLTE", noise(5, 48))
                .chunk("tEXt", noise(6, 20))
                .rows(noise(7, 15), 3);
        return List.of(
                written("png", buffered(6, 5, 3, noise(1, 90))),
                written("png", buffered(6, 5, 1, noise(2, 30))),
                palette);
    }

    /** The same chunks, each with the CRC-32 of what it now holds, as far as their lengths can be followed. */
    private static byte[] repaired(byte[] png) {
        byte[] repaired = png.clone();
        ByteBuffer bytes = ByteBuffer.wrap(repaired);
        CRC32 crc = new CRC32();
        int at = 8;
        while (at + 12 <= repaired.length) {
            int length = bytes.getInt(at);
            if (length < 0 || length > repaired.length - at - 12) {
                break;
            }
            crc.reset();
            crc.update(repaired, at + 4, length + 4);
            bytes.putInt(at + 8 + length, (int) crc.getValue());
            at += 12 + length;
        }
        return repaired;
    }
}
