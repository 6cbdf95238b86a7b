package dev.millrace.worker.decode;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;

/**
 * PNG (ISO/IEC 15948): eight magic bytes, then chunks of length, type, data and CRC-32. The JDK's reader checks no
 * CRC and inflates text chunks without limit; so the chunks are checked here, and only IHDR, PLTE, IDAT and IEND are
 * kept; of eXIf the orientation is taken.
 */
final class PngFile implements CompressedFile {

    private static final int MAGIC_BYTES = 8;
    private static final int CHUNK_OVERHEAD = 12;
    private static final int IHDR_BYTES = 13;

    private static final int IHDR = fourCc("IHDR");
    private static final int PLTE = fourCc("PLTE");
    private static final int IDAT = fourCc("IDAT");
    private static final int IEND = fourCc("IEND");
    private static final int TRNS = fourCc("tRNS");
    private static final int ACTL = fourCc("acTL");
    private static final int EXIF = fourCc("eXIf");

    private final CRC32 crc = new CRC32();
    private int colours;

    @Override
    public String format() {
        return "png";
    }

    @Override
    public Header header(ByteBuffer file) throws ImageRejectedException {
        if (Encoding.ofMagic(file).orElse(null) != Encoding.PNG) {
            throw new ImageRejectedException(
                    RejectionReason.UNKNOWN_ENCODING, "first bytes: not a PNG's (expected: 89 50 4E 47 0D 0A 1A 0A)");
        }
        ByteBuffer in = file.slice().order(ByteOrder.BIG_ENDIAN);
        if (in.remaining() < MAGIC_BYTES + CHUNK_OVERHEAD + IHDR_BYTES
                || in.getInt(MAGIC_BYTES) != IHDR_BYTES
                || in.getInt(MAGIC_BYTES + 4) != IHDR) {
            throw corrupt("first chunk: not a whole IHDR (expected: IHDR of 13 bytes)");
        }
        int header = MAGIC_BYTES + 8;
        int width = in.getInt(header);
        int height = in.getInt(header + 4);
        if (width < 1 || height < 1) {
            throw corrupt("size: " + Integer.toUnsignedString(width) + "x" + Integer.toUnsignedString(height)
                    + " (expected: 1 to 2147483647 each)");
        }
        int bits = in.get(header + 8) & 0xFF;
        int colourType = in.get(header + 9) & 0xFF;
        return new Header(new ImageSize(width, height, channels(bits, colourType)), orientation(in));
    }

    /** Damage to chunks is found by {@link #strip}. */
    private static Orientation orientation(ByteBuffer in) {
        for (int at = MAGIC_BYTES; in.limit() - at >= CHUNK_OVERHEAD; ) {
            int data = in.getInt(at);
            if (data < 0 || data > in.limit() - at - CHUNK_OVERHEAD) {
                break;
            }
            if (in.getInt(at + 4) == EXIF) {
                return Orientation.of(in.slice(at + 8, data));
            }
            at += data + CHUNK_OVERHEAD;
        }
        return Orientation.NORMAL;
    }

    private static int channels(int bits, int colourType) throws ImageRejectedException {
        if (bits == 16) {
            throw unsupported("bit depth: 16 (expected: at most 8)");
        }
        return switch (colourType) {
            case 0 -> 1;
            case 2, 3 -> 3;
            case 4, 6 -> throw unsupported("colour type: " + colourType + ", with alpha (expected: no alpha)");
            default -> throw corrupt("colour type: " + colourType + " (expected: 0, 2 or 3)");
        };
    }

    @Override
    public int strip(ByteBuffer file, byte[] into) throws ImageRejectedException {
        ByteBuffer in = file.slice().order(ByteOrder.BIG_ENDIAN);
        int length = keep(in, 0, MAGIC_BYTES, into, 0);
        colours = 256;
        for (int at = MAGIC_BYTES; ; ) {
            int left = in.limit() - at;
            if (left < CHUNK_OVERHEAD) {
                throw corrupt("file: ends after " + in.limit() + " bytes (expected: an IEND chunk)");
            }
            int data = in.getInt(at);
            int type = in.getInt(at + 4);
            if (data < 0 || data > left - CHUNK_OVERHEAD) {
                throw corrupt("chunk at byte " + at + ": " + Integer.toUnsignedString(data)
                        + " bytes (expected: at most " + (left - CHUNK_OVERHEAD) + ", what is left)");
            }
            int chunk = data + CHUNK_OVERHEAD;
            checkCrc(in, at, data);
            if (type == TRNS) {
                throw unsupported("chunk: tRNS, transparency (expected: no alpha)");
            }
            if (type == ACTL) {
                throw unsupported("chunk: acTL, animation (expected: one still image)");
            }
            if (type == PLTE) {
                colours = data / 3;
            }
            if (type == IHDR || type == PLTE || type == IDAT || type == IEND) {
                length += keep(in, at, chunk, into, length);
            }
            if (type == IEND) {
                return length;
            }
            at += chunk;
        }
    }

    @Override
    public int colours() {
        return colours;
    }

    private void checkCrc(ByteBuffer in, int at, int data) throws ImageRejectedException {
        crc.reset();
        crc.update(in.slice(at + 4, data + 4));
        if ((int) crc.getValue() != in.getInt(at + 8 + data)) {
            throw corrupt("chunk at byte " + at + ": CRC-32 does not match (expected: "
                    + Integer.toHexString((int) crc.getValue()) + ")");
        }
    }

    private static int keep(ByteBuffer in, int from, int length, byte[] into, int at) {
        in.get(from, into, at, length);
        return length;
    }

    private static int fourCc(String type) {
        return type.charAt(0) << 24 | type.charAt(1) << 16 | type.charAt(2) << 8 | type.charAt(3);
    }

    private static ImageRejectedException corrupt(String message) {
        return new ImageRejectedException(RejectionReason.CORRUPT_IMAGE, message);
    }

    private static ImageRejectedException unsupported(String message) {
        return new ImageRejectedException(RejectionReason.UNSUPPORTED_IMAGE, message);
    }
}
