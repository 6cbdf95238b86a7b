package dev.millrace.trainer.fit;

import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.torch.Targets;
import java.util.SplittableRandom;

/**
 * Pastes a rectangle of another image into every image of a batch; the label is shared by area (Yun et al. 2019, "CutMix", with areas
 * evenly distributed, as they have them). All images of a batch get the same rectangle, each from the image after it.
 *
 * @param top first row of it, from 0
 * @param bottom row after the last one
 * @param left first column, from 0
 * @param right column after the last one
 */
record CutMix(int top, int bottom, int left, int right) {
    /** A rectangle anywhere; what lies outside of the image is cut off. */
    static CutMix anywhere(ImageShape shape, SplittableRandom random) {
        double side = Math.sqrt(random.nextDouble());
        int height = (int) Math.round(side * shape.height());
        int width = (int) Math.round(side * shape.width());
        int top = random.nextInt(shape.height()) - height / 2;
        int left = random.nextInt(shape.width()) - width / 2;
        return new CutMix(
                Math.max(0, top),
                Math.min(shape.height(), top + height),
                Math.max(0, left),
                Math.min(shape.width(), left + width));
    }

    /**
     * Changes the images.
     *
     * @param pixels HWC images, one after the other
     * @param labels of them
     */
    Targets paste(byte[] pixels, long[] labels, ImageShape shape) {
        byte[] whole = pixels.clone();
        int n = labels.length;
        long[] others = new long[n];
        int row = shape.width() * shape.channels();
        int from = left * shape.channels();
        int length = Math.max(0, (right - left) * shape.channels());
        for (int i = 0; i < n; i++) {
            int other = (i + 1) % n;
            others[i] = labels[other];
            for (int y = top; y < bottom; y++) {
                int at = y * row + from;
                System.arraycopy(whole, other * shape.bytes() + at, pixels, i * shape.bytes() + at, length);
            }
        }
        return Targets.mixed(labels, others, share(shape));
    }

    /** Of the image that stays as it is, 0 to 1. */
    double share(ImageShape shape) {
        double pasted = (double) Math.max(0, bottom - top) * Math.max(0, right - left);
        return 1 - pasted / (shape.height() * shape.width());
    }
}
