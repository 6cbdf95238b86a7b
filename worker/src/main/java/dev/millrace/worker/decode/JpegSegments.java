package dev.millrace.worker.decode;

import java.nio.ByteBuffer;

/**
 * Steps through the marker segments of a JPEG file (ITU-T T.81, annex B.1) from SOI to EOI. A start-of-scan segment
 * includes the entropy-coded data after it.
 */
final class JpegSegments {

    static final int SOI = 0xD8;
    static final int EOI = 0xD9;
    static final int SOS = 0xDA;
    static final int APP0 = 0xE0;
    static final int APP1 = 0xE1;
    static final int APP14 = 0xEE;
    static final int APP15 = 0xEF;
    static final int COM = 0xFE;

    private static final int TEM = 0x01;
    private static final int RST0 = 0xD0;
    private static final int RST7 = 0xD7;

    private final ByteBuffer in;
    private int marker = SOI;
    private int start;
    private int end = 2;

    /** @param in a JPEG file at index 0, its first two bytes SOI */
    JpegSegments(ByteBuffer in) {
        this.in = in;
    }

    /** Second byte of the segment's marker. */
    int marker() {
        return marker;
    }

    /** Index of the segment's 0xFF. */
    int start() {
        return start;
    }

    /** Index after the segment. */
    int end() {
        return end;
    }

    /** Bytes after marker and length. */
    int payload() {
        return start + 4;
    }

    /** Moves on to the next segment; not to be called after EOI. */
    void next() throws ImageRejectedException {
        if (end < in.limit() && (in.get(end) & 0xFF) != 0xFF) {
            throw corrupt("byte " + end + ": no marker (expected: FF)");
        }
        start = end;
        while (at(start + 1) == 0xFF) {
            start++;
        }
        marker = at(start + 1);
        end = start + 2;
        if (marker == EOI || marker == TEM) {
            return;
        }
        if (marker == 0 || marker == SOI || isRestart(marker)) {
            throw corrupt(
                    "marker at byte " + start + ": FF" + String.format("%02X", marker) + " (expected: a segment)");
        }
        int length = at(end) << 8 | at(end + 1);
        if (length < 2 || length > in.limit() - end) {
            throw corrupt("segment at byte " + start + ": " + length + " bytes (expected: 2 to " + (in.limit() - end)
                    + ", what is left)");
        }
        end += length;
        if (marker == SOS) {
            skipScan();
        }
    }

    private void skipScan() throws ImageRejectedException {
        while (at(end) != 0xFF || isWithinScan(at(end + 1))) {
            end++;
        }
    }

    /** A stuffed zero, a restart marker or a fill byte. */
    private static boolean isWithinScan(int afterFf) {
        return afterFf == 0 || afterFf == 0xFF || isRestart(afterFf);
    }

    private static boolean isRestart(int marker) {
        return marker >= RST0 && marker <= RST7;
    }

    private int at(int index) throws ImageRejectedException {
        if (index >= in.limit()) {
            throw corrupt("file: ends after " + in.limit() + " bytes (expected: an end-of-image marker)");
        }
        return in.get(index) & 0xFF;
    }

    private static ImageRejectedException corrupt(String message) {
        return new ImageRejectedException(RejectionReason.CORRUPT_IMAGE, message);
    }
}
