package dev.millrace.trainer.dataset;

import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageDecoder;
import dev.millrace.worker.decode.ImageRejectedException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Brings images of one shape to another; the whole image, so its proportions may change. An axis that grows is interpolated linearly
 * between pixel centres (PyTorch's {@code interpolate}, bilinear, {@code align_corners=False}); along an axis that shrinks each pixel is
 * the mean of the area it covers. Grey and RGB are turned into each other by the decoder that serves.
 *
 * <p>Immutable: any thread may use it.
 */
final class Resampling {
    private static final DecodeLimits UNLIMITED = new DecodeLimits(1 << 30, Long.MAX_VALUE);

    private final ImageShape from;
    private final ImageShape to;
    private final Taps rows;
    private final Taps columns;

    Resampling(ImageShape from, ImageShape to) {
        this.from = from;
        this.to = to;
        this.rows = Taps.between(from.height(), to.height());
        this.columns = Taps.between(from.width(), to.width());
    }

    ImageShape to() {
        return to;
    }

    /** Writes the HWC image in the new shape to {@code into} from byte {@code at} on. */
    void apply(byte[] image, byte[] into, int at) {
        // Grey is made before and RGB after, so that the fewer channels are resampled.
        if (from.channels() > to.channels()) {
            resample(converted(image, from, to.channels()), to.channels(), into, at);
        } else if (from.channels() < to.channels()) {
            ImageShape grey = new ImageShape(to.height(), to.width(), from.channels());
            byte[] resampled = new byte[grey.bytes()];
            resample(image, from.channels(), resampled, 0);
            System.arraycopy(converted(resampled, grey, to.channels()), 0, into, at, to.bytes());
        } else {
            resample(image, to.channels(), into, at);
        }
    }

    private void resample(byte[] image, int channels, byte[] into, int at) {
        float[] narrowed = columns(image, channels);
        int row = to.width() * channels;
        float[] sums = new float[row];
        for (int y = 0, out = at; y < to.height(); y++) {
            Arrays.fill(sums, 0.5f);
            float[] weights = rows.weights[y];
            for (int tap = 0, in = rows.first[y] * row; tap < weights.length; tap++) {
                for (int i = 0; i < row; i++, in++) {
                    sums[i] += weights[tap] * narrowed[in];
                }
            }
            for (int i = 0; i < row; i++) {
                into[out++] = (byte) (int) sums[i];
            }
        }
    }

    /** Every row at its new width. */
    private float[] columns(byte[] image, int channels) {
        float[] narrowed = new float[from.height() * to.width() * channels];
        int out = 0;
        for (int y = 0; y < from.height(); y++) {
            int row = y * from.width() * channels;
            for (int x = 0; x < to.width(); x++) {
                float[] weights = columns.weights[x];
                for (int c = 0; c < channels; c++) {
                    float sum = 0;
                    for (int tap = 0, in = row + columns.first[x] * channels + c; tap < weights.length; tap++) {
                        sum += weights[tap] * Byte.toUnsignedInt(image[in]);
                        in += channels;
                    }
                    narrowed[out++] = sum;
                }
            }
        }
        return narrowed;
    }

    private static byte[] converted(byte[] image, ImageShape shape, int channels) {
        ImageShape target = new ImageShape(shape.height(), shape.width(), channels);
        byte[] pixels = new byte[target.bytes()];
        try {
            new ImageDecoder(target.pixels(), UNLIMITED)
                    .decode(
                            EncodedImage.raw(shape.width(), shape.height(), shape.channels(), image),
                            ByteBuffer.wrap(pixels),
                            0);
            return pixels;
        } catch (ImageRejectedException e) {
            throw new IllegalStateException("raw pixels of the size they have are never rejected", e);
        }
    }

    /** Which pixels along one axis make up each new pixel, and how much of each. */
    private static final class Taps {
        /** Per new pixel: the first old one. */
        private final int[] first;
        /** Per new pixel: of the first old one and those after it; their sum is 1. */
        private final float[][] weights;

        private Taps(int to) {
            this.first = new int[to];
            this.weights = new float[to][];
        }

        static Taps between(int from, int to) {
            Taps taps = new Taps(to);
            for (int i = 0; i < to; i++) {
                if (to < from) {
                    taps.average(i, from, to);
                } else {
                    taps.interpolate(i, from, to);
                }
            }
            return taps;
        }

        private void interpolate(int i, int from, int to) {
            double centre = Math.max(0, (i + 0.5) * from / to - 0.5);
            int below = (int) centre;
            float above = (float) (centre - below);
            first[i] = below;
            boolean between = above > 0 && below < from - 1;
            weights[i] = between ? new float[] {1 - above, above} : new float[] {1};
        }

        /** In steps of 1/to of an old pixel, so that all borders are whole numbers. */
        private void average(int i, int from, int to) {
            long start = (long) i * from;
            long end = start + from;
            first[i] = (int) (start / to);
            weights[i] = new float[(int) ((end + to - 1) / to) - first[i]];
            for (int tap = 0; tap < weights[i].length; tap++) {
                long left = (long) (first[i] + tap) * to;
                weights[i][tap] = (float) (Math.min(end, left + to) - Math.max(start, left)) / from;
            }
        }
    }
}
