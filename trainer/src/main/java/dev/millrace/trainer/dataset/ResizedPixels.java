package dev.millrace.trainer.dataset;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.security.MessageDigest;

/** Images of another source, each brought to one shape whenever it is read. */
final class ResizedPixels implements Pixels {
    private final Pixels source;
    private final Resampling resampling;

    ResizedPixels(Pixels source, ImageShape shape) {
        this.source = source;
        this.resampling = new Resampling(source.shape(), shape);
    }

    @Override
    public ImageShape shape() {
        return resampling.to();
    }

    @Override
    public void copy(int i, byte[] into, int at) {
        byte[] original = new byte[source.shape().bytes()];
        source.copy(i, original, 0);
        resampling.apply(original, into, at);
    }

    @Override
    public void digest(int i, MessageDigest into) {
        into.update(shape().toString().getBytes(US_ASCII));
        source.digest(i, into);
    }
}
