package dev.millrace.trainer.dataset;

import dev.millrace.worker.decode.Resizing;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Images of one shape with their labels. A view by index over pixels that never change: selecting copies none, and what is read from files
 * or resized is so whenever it is asked for.
 *
 * <p>Any thread may read, several at a time. Where images are files, reading one may throw {@link UnreadablePictureException}.
 */
public final class LabelledImages {
    /** In the place of a label where there is none. */
    static final int UNLABELLED = -1;

    private final Pixels pixels;
    private final int[] labels;
    private final int[] index;
    private @Nullable String sha256;

    private LabelledImages(Pixels pixels, int[] labels, int[] index) {
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
        int[] unsigned = new int[labels.length];
        Arrays.setAll(unsigned, i -> Byte.toUnsignedInt(labels[i]));
        return of(shape, pixels, unsigned);
    }

    /**
     * Takes over both arrays.
     *
     * @param pixels one HWC image after the other
     * @param labels one class index per image, from 0
     */
    public static LabelledImages of(ImageShape shape, byte[] pixels, int[] labels) {
        if ((long) labels.length * shape.bytes() != pixels.length) {
            throw new IllegalArgumentException(
                    "pixels: %d bytes (expected: %d images of %s)".formatted(pixels.length, labels.length, shape));
        }
        return of(new PixelArray(shape, pixels), labels);
    }

    /**
     * One image per label.
     *
     * @param labels class indices, from 0, or {@link #UNLABELLED}
     */
    static LabelledImages of(Pixels pixels, int[] labels) {
        return new LabelledImages(
                pixels, labels, IntStream.range(0, labels.length).toArray());
    }

    /** One black image without a label, for trying whether a model runs. */
    public static LabelledImages black(ImageShape shape) {
        return of(new PixelArray(shape, new byte[shape.bytes()]), new int[] {UNLABELLED});
    }

    public ImageShape shape() {
        return pixels.shape();
    }

    /** How images of another size came to be of that shape; NONE where they were of that size, or will be refused. */
    public Resizing resizing() {
        return pixels.resizing();
    }

    public int size() {
        return index.length;
    }

    /** Class index of image {@code i}; -1 where the data set has no labels. */
    public int label(int i) {
        return labels[index[i]];
    }

    /** What stays the same for this image in every selection, order and size of the same data. */
    public int id(int i) {
        return index[i];
    }

    /** A copy of image {@code i}, HWC. */
    public byte[] image(int i) {
        byte[] image = new byte[shape().bytes()];
        copy(i, image, 0);
        return image;
    }

    /** Copies image {@code i}, HWC, to {@code into} from byte {@code at} on. */
    public void copy(int i, byte[] into, int at) {
        pixels.copy(index[i], into, at);
    }

    /** Puts image {@code i} into the buffer in CHW: one plane after the other. */
    public void putPlanes(int i, ByteBuffer into) {
        int channels = shape().channels();
        byte[] image = image(i);
        for (int c = 0; c < channels; c++) {
            for (int p = c; p < image.length; p += channels) {
                into.put(image[p]);
            }
        }
    }

    /**
     * The same images in another shape, resized when they are read: the whole image, so that proportions may change; linear between pixel
     * centres where it grows, means of areas where it shrinks. RGB becomes grey by its luma, grey becomes RGB by repetition.
     */
    public LabelledImages resized(ImageShape shape) {
        return shape.equals(shape()) ? this : new LabelledImages(new ResizedPixels(pixels, shape), labels, index);
    }

    /** The same images with label {@code to[label]} in the place of each label. */
    LabelledImages relabelled(int[] to) {
        return new LabelledImages(
                pixels, IntStream.of(labels).map(label -> to[label]).toArray(), index);
    }

    /** The images at {@code chosen}, in that order. */
    public LabelledImages select(int[] chosen) {
        return new LabelledImages(
                pixels, labels, IntStream.of(chosen).map(i -> index[i]).toArray());
    }

    /**
     * These images and then those of another set, with labels of the same classes.
     *
     * @throws IllegalArgumentException when they are of another shape
     */
    public LabelledImages and(LabelledImages others) {
        if (!others.shape().equals(shape())) {
            throw new IllegalArgumentException("images: %s (expected: %s)".formatted(others.shape(), shape()));
        }
        int mine = labels.length;
        return new LabelledImages(
                new JoinedPixels(pixels, mine, others.pixels),
                IntStream.concat(IntStream.of(labels), IntStream.of(others.labels))
                        .toArray(),
                IntStream.concat(IntStream.of(index), IntStream.of(others.index).map(i -> mine + i))
                        .toArray());
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
        byte[] image = new byte[shape().bytes()];
        long sum = 0;
        for (int i = 0; i < size(); i++) {
            copy(i, image, 0);
            for (byte value : image) {
                sum += Byte.toUnsignedInt(value);
            }
        }
        return (double) sum / ((long) size() * image.length);
    }

    /**
     * SHA-256 over all images, then all labels, in this order; 64 lower-case hex digits. Of an image that is resized: its new shape, then
     * the original. A label is a byte, or a big-endian int where any is above 255.
     */
    public String sha256() {
        // Two threads at once compute the same.
        String known = sha256;
        if (known == null) {
            known = digest();
            sha256 = known;
        }
        return known;
    }

    private String digest() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (int i : index) {
                pixels.digest(i, digest);
            }
            boolean bytes = IntStream.of(labels).allMatch(label -> label <= 255);
            for (int i : index) {
                digest.update(
                        bytes
                                ? new byte[] {(byte) labels[i]}
                                : ByteBuffer.allocate(Integer.BYTES)
                                        .putInt(labels[i])
                                        .array());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
