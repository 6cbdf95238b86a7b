package dev.millrace.trainer.quantize;

/**
 * How near a model is to the fp32 one on the same images.
 *
 * @param top1 share of images whose best label is right, 0 to 1; NaN without labels
 * @param agreement share of images with fp32's best label, 0 to 1; NaN where the outputs are no rows of logits
 * @param sqnrDb signal to quantization noise of the worst output, in decibels, at most {@link #EQUAL_DB}
 */
record Closeness(double top1, double agreement, double sqnrDb) {
    /** What stands for no noise at all. */
    static final double EQUAL_DB = 200;

    static double sqnrDb(double signal, double noise) {
        if (noise == 0) {
            return EQUAL_DB;
        }
        return Math.min(EQUAL_DB, 10 * Math.log10(signal / noise));
    }

    /**
     * What is lost, 0 to 1: top-1 where there are labels, else the share of images with another best label, else the noise's share of the
     * worst output's power.
     */
    double drop(Closeness fp32) {
        if (!Double.isNaN(top1)) {
            return fp32.top1 - top1;
        }
        return Double.isNaN(agreement) ? Math.pow(10, -sqnrDb / 10) : 1 - agreement;
    }
}
