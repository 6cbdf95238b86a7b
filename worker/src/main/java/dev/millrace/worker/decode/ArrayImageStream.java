package dev.millrace.worker.decode;

import javax.imageio.stream.ImageInputStreamImpl;

/** The first bytes of an array as an image stream: no copy, and no cache file whatever the JVM's ImageIO is set to. */
final class ArrayImageStream extends ImageInputStreamImpl {

    private final byte[] bytes;
    private final int length;

    ArrayImageStream(byte[] bytes, int length) {
        this.bytes = bytes;
        this.length = length;
    }

    @Override
    public int read() {
        bitOffset = 0;
        return streamPos < length ? bytes[(int) streamPos++] & 0xFF : -1;
    }

    @Override
    public int read(byte[] into, int offset, int count) {
        bitOffset = 0;
        if (streamPos >= length) {
            return -1;
        }
        int taken = (int) Math.min(count, length - streamPos);
        System.arraycopy(bytes, (int) streamPos, into, offset, taken);
        streamPos += taken;
        return taken;
    }

    @Override
    public long length() {
        return length;
    }
}
