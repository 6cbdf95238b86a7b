package dev.millrace.worker.decode;

import java.nio.ByteBuffer;

/**
 * JPEG (ITU-T T.81). The JDK's reader fills a truncated image with grey; so the end marker is looked for here. Of the
 * application segments only JFIF (APP0) and Adobe (APP14) are kept: they say which colours the components are;
 * of Exif (APP1) the orientation is taken.
 */
final class JpegFile implements CompressedFile {

    private static final int SOF0 = 0xC0;
    private static final int SOF2 = 0xC2;
    private static final int SOF15 = 0xCF;
    private static final int DHT = 0xC4;
    private static final int JPG = 0xC8;
    private static final int DAC = 0xCC;
    private static final int FRAME_BYTES = 6;
    private static final String EXIF = "Exif\0\0";

    @Override
    public String format() {
        return "jpeg";
    }

    @Override
    public Header header(ByteBuffer file) throws ImageRejectedException {
        if (Encoding.ofMagic(file).orElse(null) != Encoding.JPEG) {
            throw new ImageRejectedException(
                    RejectionReason.UNKNOWN_ENCODING, "first bytes: not a JPEG's (expected: FF D8 FF)");
        }
        ByteBuffer in = file.slice();
        JpegSegments segments = new JpegSegments(in);
        Orientation orientation = Orientation.NORMAL;
        do {
            segments.next();
            if (segments.marker() == JpegSegments.APP1 && startsWith(in, segments, EXIF)) {
                int from = segments.payload() + EXIF.length();
                orientation = Orientation.of(in.slice(from, segments.end() - from));
            }
            if (segments.marker() == JpegSegments.EOI || segments.marker() == JpegSegments.SOS) {
                throw corrupt("file: no frame header before byte " + segments.start() + " (expected: a frame header)");
            }
        } while (!isFrame(segments.marker()));
        return new Header(frameSize(in, segments), orientation);
    }

    private static ImageSize frameSize(ByteBuffer in, JpegSegments frame) throws ImageRejectedException {
        int at = frame.payload();
        if (frame.end() - at < FRAME_BYTES) {
            throw corrupt("frame header: " + (frame.end() - at) + " bytes (expected: at least " + FRAME_BYTES + ")");
        }
        if (frame.marker() > SOF2) {
            throw unsupported("coding process: SOF" + (frame.marker() - SOF0)
                    + ", lossless, hierarchical or arithmetic (expected: SOF0, SOF1 or SOF2)");
        }
        int bits = in.get(at) & 0xFF;
        if (bits != 8) {
            throw unsupported("sample precision: " + bits + " bits (expected: 8)");
        }
        int height = in.getShort(at + 1) & 0xFFFF;
        int width = in.getShort(at + 3) & 0xFFFF;
        if (height == 0 || width == 0) {
            throw unsupported("size: " + width + "x" + height + " (expected: both in the frame header)");
        }
        int components = in.get(at + 5) & 0xFF;
        if (components != 1 && components != 3) {
            throw unsupported("components: " + components + (components == 4 ? ", CMYK" : "") + " (expected: 1 or 3)");
        }
        return new ImageSize(width, height, components);
    }

    @Override
    public int strip(ByteBuffer file, byte[] into) throws ImageRejectedException {
        ByteBuffer in = file.slice();
        JpegSegments segments = new JpegSegments(in);
        int length = keep(in, segments, into, 0);
        int frames = 0;
        do {
            segments.next();
            if (isFrame(segments.marker()) && ++frames > 1) {
                throw corrupt("frame headers: more than one (expected: 1)");
            }
            if (carriesPixels(in, segments)) {
                length += keep(in, segments, into, length);
            }
        } while (segments.marker() != JpegSegments.EOI);
        return length;
    }

    @Override
    public int colours() {
        return 256;
    }

    private static boolean carriesPixels(ByteBuffer in, JpegSegments segment) {
        int marker = segment.marker();
        if (marker == JpegSegments.APP0) {
            return startsWith(in, segment, "JFIF\0");
        }
        if (marker == JpegSegments.APP14) {
            return startsWith(in, segment, "Adobe");
        }
        return (marker < JpegSegments.APP0 || marker > JpegSegments.APP15) && marker != JpegSegments.COM;
    }

    private static boolean startsWith(ByteBuffer in, JpegSegments segment, String prefix) {
        if (segment.end() - segment.payload() < prefix.length()) {
            return false;
        }
        for (int i = 0; i < prefix.length(); i++) {
            if (in.get(segment.payload() + i) != prefix.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static int keep(ByteBuffer in, JpegSegments segment, byte[] into, int at) {
        int length = segment.end() - segment.start();
        in.get(segment.start(), into, at, length);
        return length;
    }

    private static boolean isFrame(int marker) {
        return marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC;
    }

    private static ImageRejectedException corrupt(String message) {
        return new ImageRejectedException(RejectionReason.CORRUPT_IMAGE, message);
    }

    private static ImageRejectedException unsupported(String message) {
        return new ImageRejectedException(RejectionReason.UNSUPPORTED_IMAGE, message);
    }
}
