package dev.millrace.trainer.judge;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleFunction;

/**
 * All figures of a trial's step. That a figure is beyond its limit is claimed at {@code alpha / (figures x steps)}, so that all claims of a
 * trial together are wrong with probability {@code alpha} at most (Bonferroni); that it is within, at {@code alpha}, because a challenger
 * that is beyond any one limit is let through only where that very claim is wrong (intersection-union: R. L. Berger, Technometrics 24 (1982)
 * 295-300). A difference of two versions is as uncertain as both together: each has half of the level. That asks for no independence.
 */
final class Comparisons {
    private static final double POINT = 0.01;

    private final Evidence seen;
    private final Policy policy;
    private final double strict;
    private final List<Comparison> all = new ArrayList<>();

    private Comparisons(OpenTrial trial, Evidence seen, Policy policy) {
        this.seen = seen;
        this.policy = policy;
        int figures = Figure.values().length
                - (trial.isShadow() ? 0 : 1)
                - (policy.worse().p50() == 0 ? 1 : 0)
                - (policy.worse().p99() == 0 ? 1 : 0);
        this.strict = policy.alpha() / (figures * trial.passes());
    }

    static List<Comparison> of(OpenTrial trial, Evidence seen, Policy policy) {
        Comparisons comparisons = new Comparisons(trial, seen, policy);
        comparisons.all(trial.isShadow());
        return List.copyOf(comparisons.all);
    }

    private void all(boolean shadow) {
        Arm champion = seen.champion();
        Arm challenger = seen.challenger();
        add(
                Figure.ERRORS,
                share((double) champion.failed(), champion.results()),
                share((double) challenger.failed(), challenger.results()),
                alpha -> challenger.errors(alpha / 2).minus(champion.errors(alpha / 2)),
                policy.worse().errors() * POINT);
        add(
                Figure.ACCURACY,
                share((double) champion.right(), champion.labelled()),
                share((double) challenger.right(), challenger.labelled()),
                alpha -> shadow
                        ? seen.pairs().drop(alpha)
                        : champion.accuracy(alpha / 2).minus(challenger.accuracy(alpha / 2)),
                policy.worse().accuracy() * POINT);
        add(
                Figure.CONFIDENCE,
                share(champion.confidence(), champion.ranked()),
                share(challenger.confidence(), challenger.ranked()),
                alpha -> eitherWay(challenger.confidence(alpha / 2).minus(champion.confidence(alpha / 2))),
                policy.worse().confidence() * POINT);
        time(Figure.P50, 0.5, policy.worse().p50());
        time(Figure.P99, 0.99, policy.worse().p99());
        if (shadow) {
            Pairs pairs = seen.pairs();
            add(
                    Figure.AGREEMENT,
                    Double.NaN,
                    share(pairs.agreed(), pairs.both()),
                    alpha -> new Interval(1, 1).minus(pairs.agreement(alpha)),
                    1 - policy.agreement() * POINT);
        }
    }

    private void time(Figure figure, double p, double limit) {
        if (limit == 0) {
            return;
        }
        add(
                figure,
                seen.champion().quantile(p),
                seen.challenger().quantile(p),
                alpha -> seen.challenger()
                        .quantile(p, alpha / 2)
                        .over(seen.champion().quantile(p, alpha / 2)),
                limit);
    }

    private void add(Figure figure, double champion, double challenger, DoubleFunction<Interval> worse, double limit) {
        all.add(Comparison.of(figure, champion, challenger, worse.apply(policy.alpha()), worse.apply(strict), limit));
    }

    private static Interval eitherWay(Interval difference) {
        return new Interval(
                Math.max(0, Math.max(difference.low(), -difference.high())),
                Math.max(difference.high(), -difference.low()));
    }

    private static double share(double part, long whole) {
        return whole == 0 ? Double.NaN : part / whole;
    }

    /** For the record: shares as shares, times in microseconds. */
    static Map<String, Double> figures(List<Comparison> comparisons, Evidence seen, Acknowledged workers) {
        Map<String, Double> figures = new TreeMap<>();
        figures.put("champion.results", (double) seen.champion().results());
        figures.put("challenger.results", (double) seen.challenger().results());
        figures.put("champion.labels", (double) seen.champion().labelled());
        figures.put("challenger.labels", (double) seen.challenger().labelled());
        figures.put("labels.forgotten", (double) seen.forgotten());
        figures.put("workers.live", (double) workers.live());
        figures.put("workers.acknowledged", (double) workers.acknowledged());
        for (Comparison comparison : comparisons) {
            String key = comparison.figure().key();
            figures.put("champion." + key, comparison.champion());
            figures.put("challenger." + key, comparison.challenger());
            figures.put(key + ".worse.low", comparison.worse().low());
            figures.put(key + ".worse.high", comparison.worse().high());
            figures.put(key + ".worse.limit", comparison.limit());
        }
        figures.values().removeIf(value -> value.isNaN() || value.isInfinite());
        return figures;
    }
}
