package dev.millrace.trainer.evaluate;

import java.util.List;

/**
 * F-beta over all classes that have images (van Rijsbergen, Information Retrieval, 1979): the harmonic mean of precision and recall
 * in which recall counts beta times as much, (1 + beta^2) PR / (beta^2 P + R).
 *
 * @param macro mean over the classes, all alike
 * @param weighted mean over the classes by their weights, see {@link Metrics}
 */
public record FBeta(double beta, double macro, double weighted) {
    static FBeta of(List<ClassReport> classes, Metrics metrics) {
        double[] weights = metrics.weightsOf(classes);
        double sum = 0;
        double weightedSum = 0;
        double weight = 0;
        int counted = 0;
        for (int c = 0; c < weights.length; c++) {
            ClassReport report = classes.get(c);
            if (report.images() > 0) {
                sum += report.fbeta();
                counted++;
                weightedSum += weights[c] * report.fbeta();
                weight += weights[c];
            }
        }
        if (weight == 0) {
            throw new IllegalArgumentException(
                    "weights: 0 for every class that is there (expected: more than 0 for one of them)");
        }
        return new FBeta(metrics.beta(), sum / counted, weightedSum / weight);
    }

    /** Of one class, by its counts. */
    static double of(double beta, int right, int missed, int wronglyAnswered) {
        double square = beta * beta;
        double whole = (1 + square) * right + square * missed + wronglyAnswered;
        return whole == 0 ? 0 : (1 + square) * right / whole;
    }
}
