package dev.millrace.trainer.dataset;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageDecoder;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.decode.Resizing;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/** Images of another source, each brought to one shape whenever it is read, by the decoder that serves. */
final class ResizedPixels implements Pixels {
    /** The whole image, so its proportions may change. */
    static final Resizing RESIZING = new Resizing(Resizing.Fit.STRETCH, Resizing.Filter.AREA, 0);

    private static final DecodeLimits UNLIMITED = new DecodeLimits(1 << 30, Long.MAX_VALUE);

    private final Pixels source;
    private final ImageShape shape;
    /** A decoder belongs to one thread. */
    private final ThreadLocal<ImageDecoder> decoders;

    ResizedPixels(Pixels source, ImageShape shape) {
        this.source = source;
        this.shape = shape;
        this.decoders = ThreadLocal.withInitial(() -> new ImageDecoder(shape.pixels(), RESIZING, UNLIMITED));
    }

    @Override
    public ImageShape shape() {
        return shape;
    }

    @Override
    public Resizing resizing() {
        return RESIZING;
    }

    @Override
    public void copy(int i, byte[] into, int at) {
        ImageShape own = source.shape();
        byte[] original = new byte[own.bytes()];
        source.copy(i, original, 0);
        try {
            decoders.get()
                    .decode(
                            EncodedImage.raw(own.width(), own.height(), own.channels(), original),
                            ByteBuffer.wrap(into),
                            at);
        } catch (ImageRejectedException e) {
            throw new IllegalStateException("raw pixels of the size they have are never rejected", e);
        }
    }

    @Override
    public void digest(int i, MessageDigest into) {
        into.update(shape().toString().getBytes(US_ASCII));
        source.digest(i, into);
    }
}
