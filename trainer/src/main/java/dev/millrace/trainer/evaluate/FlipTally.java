package dev.millrace.trainer.evaluate;

import java.nio.FloatBuffer;

/** Right answers of the mean of two runs' logits. */
final class FlipTally {
    private static final int TOP = 5;

    private final int classes;
    private final float[] first;
    private int images;
    private int top1;
    private int top5;

    FlipTally(int classes, int batch) {
        this.classes = classes;
        this.first = new float[classes * batch];
    }

    /** Keeps the logits of the first run's {@code n} images. */
    void keep(FloatBuffer logits, int n) {
        logits.get(0, first, 0, n * classes);
    }

    /** Adds the second run's logits of the image in {@code slot}; equal logits go by class index. */
    void add(int truth, FloatBuffer logits, int slot) {
        int row = slot * classes;
        float right = first[row + truth] + logits.get(row + truth);
        int better = 0;
        for (int c = 0; c < classes; c++) {
            float logit = first[row + c] + logits.get(row + c);
            better += logit > right || (logit == right && c < truth) ? 1 : 0;
        }
        images++;
        top1 += better == 0 ? 1 : 0;
        top5 += better < TOP ? 1 : 0;
    }

    FlipAverage average() {
        return new FlipAverage((double) top1 / images, (double) top5 / images);
    }
}
