package dev.millrace.trainer.fit;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.trainer.dataset.ImageShape;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Random changes to training images.
 *
 * @param flip mirror left and right
 * @param shift move by up to this many pixels each way; border pixels are repeated into the gap
 * @param erase half of the time fill one square of this side with its image's mean (DeVries and Taylor 2017, "cutout"); 0: never
 * @param cutMix share of the batches in which a part of every image is another one's, see {@link CutMix}; 0 to 1. What recipes said
 *     before it was there is what they say without it
 */
public record Augmentation(
        Flip flip,
        int shift,
        int erase,
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) double cutMix) {
    /** When to mirror. */
    public enum Flip {
        NEVER,
        /** Half of the time, by chance. */
        RANDOM,
        /** Every other epoch, half of the images in each: two epochs show every image both ways (Jordan 2024). */
        ALTERNATING
    }

    /** Leaves images as they are. */
    public static final Augmentation NONE = new Augmentation(Flip.NEVER, 0, 0);

    /** Without CutMix. */
    public Augmentation(Flip flip, int shift, int erase) {
        this(flip, shift, erase, 0);
    }

    public Augmentation {
        if (!(cutMix >= 0 && cutMix <= 1)) {
            throw new IllegalArgumentException("cutmix: %s (expected: 0 to 1)".formatted(cutMix));
        }
        if (shift < 0 || erase < 0) {
            throw new IllegalArgumentException("shift, erase: %d, %d (expected: from 0)".formatted(shift, erase));
        }
    }

    /**
     * Writes the changed HWC image to {@code into} from {@code at} on.
     *
     * @param turn whether it is this image's turn to be mirrored, where flips alternate
     * @param random where all chance comes from
     */
    void apply(byte[] image, ImageShape shape, boolean turn, SplittableRandom random, byte[] into, int at) {
        boolean mirrored =
                switch (flip) {
                    case NEVER -> false;
                    case RANDOM -> random.nextBoolean();
                    case ALTERNATING -> turn;
                };
        int down = shift == 0 ? 0 : random.nextInt(-shift, shift + 1);
        int right = shift == 0 ? 0 : random.nextInt(-shift, shift + 1);
        int channels = shape.channels();
        int to = at;
        for (int y = 0; y < shape.height(); y++) {
            int fromY = Math.min(shape.height() - 1, Math.max(0, y - down));
            for (int x = 0; x < shape.width(); x++) {
                int shifted = Math.min(shape.width() - 1, Math.max(0, x - right));
                int fromX = mirrored ? shape.width() - 1 - shifted : shifted;
                int from = (fromY * shape.width() + fromX) * channels;
                for (int c = 0; c < channels; c++) {
                    into[to++] = image[from + c];
                }
            }
        }
        if (erase > 0 && random.nextBoolean()) {
            eraseSquare(image, shape, random, into, at);
        }
    }

    private void eraseSquare(byte[] image, ImageShape shape, SplittableRandom random, byte[] into, int at) {
        long sum = 0;
        for (byte value : image) {
            sum += Byte.toUnsignedInt(value);
        }
        byte mean = (byte) (sum / image.length);
        int top = random.nextInt(shape.height()) - erase / 2;
        int left = random.nextInt(shape.width()) - erase / 2;
        for (int y = Math.max(0, top); y < Math.min(shape.height(), top + erase); y++) {
            int from = Math.max(0, left);
            int to = Math.min(shape.width(), left + erase);
            int row = at + y * shape.width() * shape.channels();
            Arrays.fill(into, row + from * shape.channels(), row + to * shape.channels(), mean);
        }
    }
}
