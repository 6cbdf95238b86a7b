package dev.millrace.trainer.dataset;

import dev.millrace.worker.decode.Resizing;
import java.security.MessageDigest;

/** The images of one source, then those of another, all of one shape. */
final class JoinedPixels implements Pixels {
    private final Pixels first;
    private final int size;
    private final Pixels second;

    /** @param size how many images the first one has */
    JoinedPixels(Pixels first, int size, Pixels second) {
        this.first = first;
        this.size = size;
        this.second = second;
    }

    @Override
    public ImageShape shape() {
        return first.shape();
    }

    @Override
    public Resizing resizing() {
        return first.resizing();
    }

    @Override
    public void copy(int i, byte[] into, int at) {
        if (i < size) {
            first.copy(i, into, at);
        } else {
            second.copy(i - size, into, at);
        }
    }

    @Override
    public void digest(int i, MessageDigest into) {
        if (i < size) {
            first.digest(i, into);
        } else {
            second.digest(i - size, into);
        }
    }
}
