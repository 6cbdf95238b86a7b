package dev.millrace.trainer.dataset;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.IntStream;

/** Images of one shape with their labels. A view by index over shared, never changed arrays: selecting copies no pixels. */
public final class LabelledImages {
    private final ImageShape shape;
    private final byte[] pixels;
    private final byte[] labels;
    private final int[] index;

    private LabelledImages(ImageShape shape, byte[] pixels, byte[] labels, int[] index) {
        this.shape = shape;
        this.pixels = pixels;
        this.labels = labels;
        this.index = index;
    }

    /**
     * Takes over both arrays.
     *
     * @param pixels one HWC image after the other
     * @param labels one class index (0 to 255, unsigned) per image
     */
    static LabelledImages of(ImageShape shape, byte[] pixels, byte[] labels) {
        if ((long) labels.length * shape.bytes() != pixels.length) {
            throw new IllegalArgumentException(
                    "pixels: %d bytes (expected: %d images of %s)".formatted(pixels.length, labels.length, shape));
        }
        return new LabelledImages(
                shape, pixels, labels, IntStream.range(0, labels.length).toArray());
    }

    public ImageShape shape() {
        return shape;
    }

    public int size() {
        return index.length;
    }

    /** Class index of image {@code i}. */
    public int label(int i) {
        return Byte.toUnsignedInt(labels[index[i]]);
    }

    /** What stays the same for this image in every selection and order of the same data. */
    public int id(int i) {
        return index[i];
    }

    /** A copy of image {@code i}, HWC. */
    public byte[] image(int i) {
        byte[] image = new byte[shape.bytes()];
        copy(i, image, 0);
        return image;
    }

    /** Copies image {@code i}, HWC, to {@code into} from byte {@code at} on. */
    public void copy(int i, byte[] into, int at) {
        System.arraycopy(pixels, index[i] * shape.bytes(), into, at, shape.bytes());
    }

    /** Puts image {@code i} into the buffer in CHW: one plane after the other. */
    public void putPlanes(int i, ByteBuffer into) {
        int channels = shape.channels();
        int from = index[i] * shape.bytes();
        for (int c = 0; c < channels; c++) {
            for (int p = c; p < shape.bytes(); p += channels) {
                into.put(pixels[from + p]);
            }
        }
    }

    /** The images at {@code chosen}, in that order. */
    public LabelledImages select(int[] chosen) {
        return new LabelledImages(
                shape, pixels, labels, IntStream.of(chosen).map(i -> index[i]).toArray());
    }

    /** The first {@code n} images, or all where there are fewer. */
    public LabelledImages first(int n) {
        return select(IntStream.range(0, Math.min(n, size())).toArray());
    }

    /** All images in an order that the seed decides. */
    public LabelledImages shuffled(long seed) {
        int[] order = IntStream.range(0, size()).toArray();
        Random random = new Random(seed);
        for (int i = order.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swap = order[i];
            order[i] = order[j];
            order[j] = swap;
        }
        return select(order);
    }

    /** Mean over every byte of every image, 0 to 255. */
    public double meanPixel() {
        long sum = 0;
        for (int i : index) {
            for (int b = i * shape.bytes(); b < (i + 1) * shape.bytes(); b++) {
                sum += Byte.toUnsignedInt(pixels[b]);
            }
        }
        return (double) sum / ((long) index.length * shape.bytes());
    }

    /** SHA-256 over all images, then all labels, in this order; 64 lower-case hex digits. */
    public String sha256() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (int i : index) {
                digest.update(pixels, i * shape.bytes(), shape.bytes());
            }
            for (int i : index) {
                digest.update(labels[i]);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
