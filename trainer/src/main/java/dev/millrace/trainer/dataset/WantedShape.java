package dev.millrace.trainer.dataset;

import dev.millrace.worker.decode.Resizing;

/**
 * The shape in which images are wanted, 0 where it is theirs to say.
 *
 * @param height pixels; 0: as it is, and then width, too
 * @param width pixels
 * @param channels 1 (grey) or 3 (RGB); 0: as it is
 * @param resizing of picture files that are of another size
 */
public record WantedShape(int height, int width, int channels, Resizing resizing) {
    /** As the images are; they must then all have one size. */
    public static final WantedShape OWN = new WantedShape(0, 0, 0, ResizedPixels.RESIZING);

    /** @throws IllegalArgumentException for numbers that make no image */
    public WantedShape {
        boolean size = height > 0 ? width > 0 : height == 0 && width == 0;
        if (!size || (channels != 0 && channels != 1 && channels != 3)) {
            throw new IllegalArgumentException(
                    "size: %dx%dx%d (expected: height and width from 1, or both 0; 1 or 3 channels, or 0)"
                            .formatted(height, width, channels));
        }
    }

    /** As high as wide, in the channels that the images have. */
    public static WantedShape square(int size) {
        return new WantedShape(size, size, 0, ResizedPixels.RESIZING);
    }

    /** Picture files scaled as a whole, so that their proportions may change. */
    public static WantedShape exactly(ImageShape shape) {
        return exactly(shape, ResizedPixels.RESIZING);
    }

    /** What a model takes. One that refuses images of another size gets them as {@link #exactly(ImageShape)} says all the same. */
    public static WantedShape exactly(ImageShape shape, Resizing resizing) {
        return new WantedShape(
                shape.height(),
                shape.width(),
                shape.channels(),
                resizing.fit() == Resizing.Fit.NONE ? ResizedPixels.RESIZING : resizing);
    }

    boolean namesSize() {
        return height > 0;
    }

    boolean namesChannels() {
        return channels > 0;
    }

    /** The shape in which images of this shape are wanted. */
    ImageShape of(ImageShape own) {
        return new ImageShape(
                namesSize() ? height : own.height(),
                namesSize() ? width : own.width(),
                namesChannels() ? channels : own.channels());
    }
}
