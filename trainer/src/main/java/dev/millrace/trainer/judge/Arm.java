package dev.millrace.trainer.judge;

import org.HdrHistogram.Histogram;

/**
 * What was seen of one version.
 *
 * @param answered results that are OK
 * @param failed results that say that Millrace is at fault; what the request is at fault for, or came too late, counts nowhere
 * @param comparable of those that are OK, those that say what is on the image: all but embeddings
 * @param ranked of these, those that have scores, or nothing found that would have one: all but maps
 * @param confidence sum of the scores of their best label or box; 0 for those with nothing found
 * @param micros time from bytes to answer of each that was answered: decode, batch and infer
 * @param runs session runs that it took: images of one run share its time, so that they count as one where time is judged
 * @param labelled answered, and the true label is known
 * @param right of these, those whose best label it is
 */
record Arm(
        long answered,
        long failed,
        long comparable,
        long ranked,
        double confidence,
        Histogram micros,
        double runs,
        long labelled,
        long right) {
    long results() {
        return answered + failed;
    }

    Interval errors(double alpha) {
        return BetaMixture.SHARE.share(failed, results(), alpha);
    }

    Interval confidence(double alpha) {
        return BetaMixture.SHARE.mean(confidence, ranked, alpha);
    }

    Interval accuracy(double alpha) {
        return BetaMixture.SHARE.share(right, labelled, alpha);
    }

    /** In microseconds; from 0 to infinity while it can be anything. */
    Interval quantile(double p, double alpha) {
        if (answered == 0) {
            return new Interval(0, Double.POSITIVE_INFINITY);
        }
        Interval places = BetaMixture.quantile(p).places(p, runs, alpha);
        return new Interval(
                Double.isInfinite(places.low()) ? 0 : micros.getValueAtPercentile(100 * places.low()),
                Double.isInfinite(places.high())
                        ? Double.POSITIVE_INFINITY
                        : micros.getValueAtPercentile(100 * places.high()));
    }

    double quantile(double p) {
        return answered == 0 ? Double.NaN : micros.getValueAtPercentile(100 * p);
    }
}
