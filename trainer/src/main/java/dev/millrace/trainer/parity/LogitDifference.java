package dev.millrace.trainer.parity;

import java.nio.FloatBuffer;

/** Adds up how two engines' logits differ, batch by batch. */
final class LogitDifference {
    private final int classes;
    private int images;
    private int agreeing;
    private int worst;
    private double max;
    private double sum;

    LogitDifference(int classes) {
        this.classes = classes;
    }

    /** Compares {@code n} rows; {@code actual} is read by index from 0. */
    void add(float[] expected, FloatBuffer actual, int n) {
        for (int row = 0; row < n; row++) {
            int bestExpected = 0;
            int bestActual = 0;
            double largest = 0;
            for (int c = 0; c < classes; c++) {
                int at = row * classes + c;
                double difference = Math.abs((double) expected[at] - actual.get(at));
                // Math.max keeps NaN, which then fails every tolerance.
                largest = Math.max(largest, difference);
                sum += difference;
                bestExpected = expected[at] > expected[row * classes + bestExpected] ? c : bestExpected;
                bestActual = actual.get(at) > actual.get(row * classes + bestActual) ? c : bestActual;
            }
            // By this order nothing is larger than NaN.
            if (Double.compare(largest, max) > 0) {
                max = largest;
                worst = images;
            }
            agreeing += bestExpected == bestActual ? 1 : 0;
            images++;
        }
    }

    int images() {
        return images;
    }

    /** Largest of all. */
    double max() {
        return max;
    }

    double mean() {
        return sum / ((double) images * classes);
    }

    /** Share of images with the same best label. */
    double agreement() {
        return (double) agreeing / images;
    }

    /** Index of the image that differs most; the first where none does. */
    int worst() {
        return worst;
    }
}
