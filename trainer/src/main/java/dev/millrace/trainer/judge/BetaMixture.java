package dev.millrace.trainer.judge;

import java.util.function.DoublePredicate;
import org.apache.commons.numbers.gamma.LogBeta;

/**
 * Intervals that hold at every look, not at one: with probability {@code 1 - alpha} the truth is in all of them, however often and at
 * whatever moments one looks. A test of a fixed sample, asked again with every new record, is wrong sooner or later.
 *
 * <p>For a share {@code p} of independent trials, of which {@code s} succeeded and {@code f} failed, the likelihood ratio against {@code p},
 * mixed over a Beta(a, b) distribution,
 * <pre>M(p) = B(a + s, b + f) / (B(a, b) p^s (1 - p)^f)</pre>
 * is a martingale with mean 1 where {@code p} is the truth, so that it ever reaches {@code 1 / alpha} with probability {@code alpha} at most
 * (Ville). The interval is where it has not. H. Robbins, "Statistical methods related to the law of the iterated logarithm", Ann. Math.
 * Statist. 41 (1970) 1397-1409, with a = b = 1; S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon, "Time-uniform, nonparametric,
 * nonasymptotic confidence sequences", Ann. Statist. 49 (2021) 1055-1080. The factor of one trial is convex in its success, so the same
 * holds, as a supermartingale, for the mean of anything between 0 and 1 (W. Hoeffding, J. Amer. Statist. Assoc. 58 (1963) 13-30).
 *
 * <p>For a quantile it asks at which places of the ordered sample the true one can be: S. R. Howard, A. Ramdas, "Sequential estimation of
 * quantiles with applications to A/B testing and best-arm identification", Bernoulli 28 (2022) 1704-1728. Whatever the distribution.
 *
 * @param a above 0
 * @param b above 0
 */
record BetaMixture(double a, double b) {
    /** For shares, narrowest where they are near 0 or 1, as errors, agreement and accuracy are (Jeffreys' weights). */
    static final BetaMixture SHARE = new BetaMixture(0.5, 0.5);

    private static final int HALVINGS = 60;

    /** For the {@code p}-quantile: weights around what it is compared with, the narrower the farther out. */
    static BetaMixture quantile(double p) {
        double sum = 1 / Math.min(p, 1 - p);
        return new BetaMixture(p * sum, (1 - p) * sum);
    }

    /**
     * Where a mean can be.
     *
     * @param sum of the values, each 0 to 1
     * @param trials how many
     */
    Interval mean(double sum, long trials, double alpha) {
        if (trials == 0) {
            return new Interval(0, 1);
        }
        double n = (double) trials;
        double seen = sum / n;
        double low = sum <= 0 ? 0 : boundary(0, seen, p -> contains(p, sum, n, alpha));
        double high = sum >= n ? 1 : boundary(1, seen, p -> contains(p, sum, n, alpha));
        return new Interval(low, high);
    }

    /** Where the chance of success can be. */
    Interval share(long successes, long trials, double alpha) {
        return mean((double) successes, trials, alpha);
    }

    /** Which shares of an ordered sample lie below the lowest, and which below the highest place that the {@code p}-quantile can have. */
    Interval places(double p, double trials, double alpha) {
        DoublePredicate possible = place -> contains(p, place * trials, trials, alpha);
        return new Interval(
                possible.test(0) ? Double.NEGATIVE_INFINITY : boundary(0, p, possible),
                possible.test(1) ? Double.POSITIVE_INFINITY : boundary(1, p, possible));
    }

    /** Whether {@code p} is possible still. */
    boolean contains(double p, double sum, double trials, double alpha) {
        double log = LogBeta.value(a + sum, b + trials - sum)
                - LogBeta.value(a, b)
                - times(sum, Math.log(p))
                - times(trials - sum, Math.log1p(-p));
        return log < -Math.log(alpha);
    }

    /** 0 times minus infinity is what it tends to: 0. */
    private static double times(double count, double log) {
        return count <= 0 ? 0 : count * log;
    }

    /** The first place from {@code inside}, which is possible, towards {@code outside} that is not. */
    private static double boundary(double outside, double inside, DoublePredicate possible) {
        double in = inside;
        double out = outside;
        for (int i = 0; i < HALVINGS; i++) {
            double middle = (in + out) / 2;
            if (possible.test(middle)) {
                in = middle;
            } else {
                out = middle;
            }
        }
        return out;
    }
}
