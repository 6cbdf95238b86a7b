package dev.millrace.worker.decode;

import dev.millrace.worker.decode.Resizing.Filter;

/**
 * Which pixels along one axis make up each new pixel, and how much of each. First pixels never go back from one new pixel to the next. The
 * kernels are those of Pillow's resample and PyTorch's interpolate (Keys 1981 for the cubic); pixel centres lie at half coordinates.
 */
final class Taps {
    private static final double CUBIC_A = -0.5;

    private final int from;
    private final int to;
    private final int begin;
    private final Filter filter;
    /** Per new pixel: the first old one. */
    private final int[] first;
    /** Per new pixel: of the first old one and those after it; their sum is 1. */
    private final float[][] weights;

    /**
     * Of new pixels {@code begin} to {@code end - 1}.
     *
     * @param from old pixels along the axis
     * @param to new pixels along the whole axis
     */
    Taps(int from, int to, int begin, int end, Filter filter) {
        this.from = from;
        this.to = to;
        this.begin = begin;
        this.filter = filter;
        this.first = new int[end - begin];
        this.weights = new float[end - begin][];
        for (int i = 0; i < first.length; i++) {
            add(i, begin + i);
        }
    }

    /** Whether it is what the constructor would make of these. */
    boolean is(int otherFrom, int otherTo, int otherBegin, int otherEnd) {
        return from == otherFrom && to == otherTo && begin == otherBegin && first.length == otherEnd - otherBegin;
    }

    int size() {
        return first.length;
    }

    int first(int i) {
        return first[i];
    }

    float[] weights(int i) {
        return weights[i];
    }

    private void add(int i, int pixel) {
        switch (filter) {
            case AREA -> {
                if (to < from) {
                    average(i, pixel);
                } else {
                    interpolate(i, pixel);
                }
            }
            case NEAREST -> {
                first[i] = (int) ((2L * pixel + 1) * from / (2L * to));
                weights[i] = new float[] {1};
            }
            case BILINEAR -> interpolate(i, pixel);
            case BILINEAR_ANTIALIAS -> convolve(i, pixel, 1);
            case BICUBIC_ANTIALIAS -> convolve(i, pixel, 2);
        }
    }

    private void interpolate(int i, int pixel) {
        double centre = Math.max(0, (pixel + 0.5) * from / to - 0.5);
        int below = (int) centre;
        float above = (float) (centre - below);
        first[i] = below;
        boolean between = above > 0 && below < from - 1;
        weights[i] = between ? new float[] {1 - above, above} : new float[] {1};
    }

    /** In steps of 1/to of an old pixel, so that all borders are whole numbers. */
    private void average(int i, int pixel) {
        long start = (long) pixel * from;
        long end = start + from;
        first[i] = (int) (start / to);
        weights[i] = new float[(int) ((end + to - 1) / to) - first[i]];
        for (int tap = 0; tap < weights[i].length; tap++) {
            long left = (long) (first[i] + tap) * to;
            weights[i][tap] = (float) (Math.min(end, left + to) - Math.max(start, left)) / from;
        }
    }

    /** @param support of the kernel to each side, in pixels of the coarser grid */
    private void convolve(int i, int pixel, int support) {
        double scale = Math.max(1, (double) from / to);
        double centre = (pixel + 0.5) * from / to;
        int low = Math.max(0, (int) (centre - support * scale + 0.5));
        int high = Math.min(from, (int) (centre + support * scale + 0.5));
        double[] kernel = new double[high - low];
        double sum = 0;
        for (int tap = 0; tap < kernel.length; tap++) {
            double distance = Math.abs((low + tap - centre + 0.5) / scale);
            kernel[tap] = support == 1 ? Math.max(0, 1 - distance) : cubic(distance);
            sum += kernel[tap];
        }
        first[i] = low;
        weights[i] = new float[kernel.length];
        for (int tap = 0; tap < kernel.length; tap++) {
            weights[i][tap] = (float) (kernel[tap] / sum);
        }
    }

    private static double cubic(double x) {
        if (x < 1) {
            return ((CUBIC_A + 2) * x - (CUBIC_A + 3)) * x * x + 1;
        }
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * CUBIC_A : 0;
    }
}
