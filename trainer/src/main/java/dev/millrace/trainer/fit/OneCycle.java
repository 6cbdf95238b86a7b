package dev.millrace.trainer.fit;

/**
 * The one-cycle learning rate (Smith and Topin 2018): linearly up to the peak over the first fifth of the run, then along half a cosine
 * down to a thousandth of it.
 */
record OneCycle(double peak, long steps) {
    private static final double WARM_UP = 0.2;
    private static final double START = 0.1;
    private static final double END = 0.001;

    double at(long step) {
        double progress = (double) step / steps;
        if (progress < WARM_UP) {
            return peak * (START + (1 - START) * progress / WARM_UP);
        }
        double descent = (progress - WARM_UP) / (1 - WARM_UP);
        return peak * (END + (1 - END) * (1 + Math.cos(Math.PI * descent)) / 2);
    }
}
