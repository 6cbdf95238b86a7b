package dev.millrace.trainer.drift;

import java.util.stream.LongStream;
import org.apache.commons.numbers.gamma.RegularizedGamma;

/**
 * Population stability index of two counts by class: the sum of {@code (p - q) ln(p / q)} over all classes (as in N. Siddiqi, "Credit Risk
 * Scorecards", 2006), which is Jeffreys' divergence (Proc. R. Soc. A 186, 1946). By a rule of thumb of credit scoring 0.1 is a small shift and
 * 0.25 a large one, whatever the number of answers.
 *
 * <p>Shares are those after half an answer more of each class (the estimator of R. Krichevsky and V. Trofimov, IEEE Trans. Inf. Theory 27,
 * 1981), so that a class that never came is no infinity.
 */
final class StabilityIndex {
    private static final double SMOOTHING = 0.5;

    private StabilityIndex() {}

    /** From 0, for the same shares, up. Both are by the same classes. */
    static double of(long[] counts, long[] reference) {
        double index = 0;
        for (int c = 0; c < reference.length; c++) {
            double p = share(counts, c);
            double q = share(reference, c);
            index += (p - q) * Math.log(p / q);
        }
        return index;
    }

    private static double share(long[] counts, int c) {
        return (counts[c] + SMOOTHING) / (LongStream.of(counts).sum() + SMOOTHING * counts.length);
    }

    /**
     * How likely chance alone gives an index of at least this one where nothing has changed: then, divided by 1/n + 1/m, it is about
     * chi-squared with one degree of freedom less than there are classes (B. Yurdakul and J. Naranjo, "Statistical properties of the population
     * stability index", J. Risk Model Validation 14, 2020). Matters with many classes or few images: with a hundred classes, a thousand
     * answers and a thousand of the reference it is 0.2 on average.
     *
     * @param n answers
     * @param m answers of the reference
     */
    static double chance(double index, int classes, long n, long m) {
        if (classes < 2) {
            return 1;
        }
        double chiSquared = index / (1.0 / n + 1.0 / m);
        return RegularizedGamma.Q.value((classes - 1) / 2.0, chiSquared / 2);
    }
}
