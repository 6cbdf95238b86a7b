package dev.millrace.trainer.dataset;

import dev.millrace.worker.decode.Resizing;
import java.security.MessageDigest;

/** Images in memory. */
final class PixelArray implements Pixels {
    private final ImageShape shape;
    private final byte[] pixels;

    /** Takes over the array: one HWC image after the other. */
    PixelArray(ImageShape shape, byte[] pixels) {
        this.shape = shape;
        this.pixels = pixels;
    }

    @Override
    public ImageShape shape() {
        return shape;
    }

    @Override
    public Resizing resizing() {
        return Resizing.NONE;
    }

    @Override
    public void copy(int i, byte[] into, int at) {
        System.arraycopy(pixels, i * shape.bytes(), into, at, shape.bytes());
    }

    @Override
    public void digest(int i, MessageDigest into) {
        into.update(pixels, i * shape.bytes(), shape.bytes());
    }
}
