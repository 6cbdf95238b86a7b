package dev.millrace.trainer.parity;

import java.nio.FloatBuffer;

/** Adds up how two engines' logits differ, batch by batch. */
final class LogitDifference {
    private final int classes;
    private int images;
    private int agreeing;
    private double first;
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
            first = images == 0 ? largest : first;
            max = Math.max(max, largest);
            agreeing += bestExpected == bestActual ? 1 : 0;
            images++;
        }
    }

    ParityReport report(double tolerance) {
        return new ParityReport(
                images, first, max, sum / ((double) images * classes), (double) agreeing / images, tolerance);
    }
}
