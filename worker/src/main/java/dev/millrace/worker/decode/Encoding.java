package dev.millrace.worker.decode;

import java.nio.ByteBuffer;
import java.util.Optional;

/** How the bytes of an {@link EncodedImage} are to be read. */
public enum Encoding {
    /** height x width x channels bytes (HWC): row by row, channels interleaved, 0 to 255, three channels are R, G, B. */
    RAW_U8,
    /** channels x height x width bytes (CHW): one plane after the other, otherwise as RAW_U8. */
    RAW_U8_CHW,
    /** PNG (ISO/IEC 15948): 1 to 8 bits, grey, RGB or palette, without transparency. */
    PNG,
    /** JPEG (ITU-T T.81): baseline or progressive, 8 bits, grey or three components. */
    JPEG;

    private static final long PNG_MAGIC = 0x89504E470D0A1A0AL;
    private static final int JPEG_MAGIC = 0xFFD8FF;

    /** The encoding that the first bytes name; empty if none. raw pixels have no magic bytes and are never the answer. */
    static Optional<Encoding> ofMagic(ByteBuffer bytes) {
        if (isPng(bytes)) {
            return Optional.of(PNG);
        }
        return isJpeg(bytes) ? Optional.of(JPEG) : Optional.empty();
    }

    private static boolean isPng(ByteBuffer bytes) {
        return bytes.remaining() >= Long.BYTES && bytes.slice().getLong(0) == PNG_MAGIC;
    }

    private static boolean isJpeg(ByteBuffer bytes) {
        return bytes.remaining() >= Integer.BYTES && bytes.slice().getInt(0) >>> 8 == JPEG_MAGIC;
    }
}
