package dev.millrace.trainer.judge;

import dev.millrace.schemas.TrialKind;
import dev.millrace.trainer.judge.Comparison.Finding;
import dev.millrace.trainer.judge.Verdict.Hold;
import dev.millrace.trainer.judge.Verdict.Why;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One look at a trial: what was compared, what follows, and the figures for the record. A pure function of what was seen.
 *
 * @param comparisons of every figure
 * @param asked those of them that a step does not pass without
 */
public record Judgement(
        OpenTrial trial,
        Instant at,
        Evidence seen,
        Acknowledged workers,
        List<Comparison> comparisons,
        List<Comparison> asked,
        Verdict verdict,
        Map<String, Double> figures) {
    /**
     * Judges. Harm counts at once; a step is passed when its time is over, enough live workers serve both versions, enough was seen, and
     * every limit is proven to be kept.
     */
    public static Judgement of(OpenTrial trial, Evidence seen, Acknowledged workers, Policy policy, Instant now) {
        List<Comparison> comparisons = Comparisons.of(trial, seen, policy);
        List<Comparison> asked = asked(comparisons, seen, trial, policy);
        Verdict verdict = verdict(trial, seen, workers, comparisons, asked, policy, now);
        return new Judgement(
                trial,
                now,
                seen,
                workers,
                comparisons,
                asked,
                verdict,
                Comparisons.figures(comparisons, seen, workers));
    }

    private static Verdict verdict(
            OpenTrial trial,
            Evidence seen,
            Acknowledged workers,
            List<Comparison> comparisons,
            List<Comparison> asked,
            Policy policy,
            Instant now) {
        if (trial.paused()) {
            return new Hold(Why.PAUSED, Why.PAUSED.words());
        }
        if (trial.kind() == TrialKind.UNKNOWN) {
            return new Hold(Why.UNKNOWN, Why.UNKNOWN.words());
        }
        boolean reportOnly = trial.isShadow() && policy.shadow().then() == Policy.Shadow.Then.HOLD;
        List<Comparison> harm = comparisons.stream()
                .filter(comparison -> comparison.finding() == Finding.HARM)
                .filter(enough(seen, trial, policy.samples().harm()))
                .toList();
        if (!harm.isEmpty()) {
            String reason = "version %d is beyond its limits: %s".formatted(trial.challenger(), sentences(harm));
            return reportOnly ? new Hold(Why.REPORTED_HARM, reason) : new Verdict.RollBack(reason);
        }
        Hold hold = hold(trial, seen, workers, asked, policy, now);
        if (hold == null) {
            return passed(trial, asked, policy);
        }
        Duration longest = policy.time().longestStep();
        if (!reportOnly && now.isAfter(trial.steppedAt().plus(trial.hold()).plus(longest))) {
            return new Verdict.RollBack("the step was not passed within %d s after its hold: %s"
                    .formatted(longest.toSeconds(), hold.reason()));
        }
        return hold;
    }

    private static Verdict passed(OpenTrial trial, List<Comparison> asked, Policy policy) {
        String reason = "version %d keeps all limits: %s".formatted(trial.challenger(), sentences(asked));
        if (!trial.isShadow()) {
            return trial.isLastStep() ? new Verdict.Promote(reason) : new Verdict.Step(reason);
        }
        Policy.Shadow shadow = policy.shadow();
        return switch (shadow.then()) {
            case HOLD -> new Hold(Why.REPORTED, reason);
            case CANARY -> new Verdict.Canary(reason, shadow.steps(), shadow.hold());
            case PROMOTE -> new Verdict.Promote(reason);
        };
    }

    /** What the step still waits for; null when nothing. */
    private static @Nullable Hold hold(
            OpenTrial trial, Evidence seen, Acknowledged workers, List<Comparison> asked, Policy policy, Instant now) {
        if (!workers.isEnough(policy)) {
            String refusal = workers.refusal() == null ? "" : "; refused by " + workers.refusal();
            return new Hold(
                    Why.WORKERS,
                    "%s: %d of %d%s".formatted(Why.WORKERS.words(), workers.acknowledged(), workers.live(), refusal));
        }
        Instant end = trial.steppedAt().plus(trial.hold());
        if (now.isBefore(end)) {
            return new Hold(
                    Why.TIME,
                    "%s: %d s to go"
                            .formatted(
                                    Why.TIME.words(), Duration.between(now, end).toSeconds() + 1));
        }
        long results = Math.min(seen.champion().results(), seen.challenger().results());
        if (results < policy.samples().results()) {
            return new Hold(
                    Why.SAMPLES,
                    "%s: %,d of the champion, %,d of the challenger (expected: %,d of each)"
                            .formatted(
                                    Why.SAMPLES.words(),
                                    seen.champion().results(),
                                    seen.challenger().results(),
                                    policy.samples().results()));
        }
        long labels = labels(seen, trial);
        if (policy.labels().required() && labels < policy.samples().labels()) {
            return new Hold(
                    Why.LABELS,
                    "%s: %,d (expected: %,d of each version%s)"
                            .formatted(
                                    Why.LABELS.words(),
                                    labels,
                                    policy.samples().labels(),
                                    labels == 0 ? "; of a model whose answers have a best label" : ""));
        }
        List<Comparison> open = asked.stream()
                .filter(comparison -> comparison.finding() != Finding.FINE)
                .toList();
        return open.isEmpty() ? null : new Hold(Why.OPEN, "%s: %s".formatted(Why.OPEN.words(), sentences(open)));
    }

    /**
     * Accuracy is asked where labels come; a policy may say that they must. Confidence is not asked of models that give no scores,
     * segmenters and embeddings, and agreement not of embeddings.
     */
    private static List<Comparison> asked(List<Comparison> comparisons, Evidence seen, OpenTrial trial, Policy policy) {
        boolean labels = labels(seen, trial) >= policy.samples().labels();
        boolean ranked = seen.champion().ranked() > 0 || seen.challenger().ranked() > 0;
        boolean comparable =
                seen.champion().comparable() > 0 || seen.challenger().comparable() > 0;
        return comparisons.stream()
                .filter(comparison -> switch (comparison.figure()) {
                    case ACCURACY -> labels;
                    case CONFIDENCE -> ranked;
                    case AGREEMENT -> comparable;
                    case ERRORS, P50, P99 -> true;
                })
                .toList();
    }

    private static Predicate<Comparison> enough(Evidence seen, OpenTrial trial, int samples) {
        long results = Math.min(seen.champion().results(), seen.challenger().results());
        return comparison -> switch (comparison.figure()) {
            case ACCURACY -> labels(seen, trial) >= samples;
            case AGREEMENT -> seen.pairs().both() >= samples;
            case ERRORS, CONFIDENCE, P50, P99 -> results >= samples;
        };
    }

    private static long labels(Evidence seen, OpenTrial trial) {
        return trial.isShadow()
                ? seen.pairs().labelled()
                : Math.min(seen.champion().labelled(), seen.challenger().labelled());
    }

    private static String sentences(List<Comparison> comparisons) {
        return comparisons.stream().map(Comparison::sentence).collect(Collectors.joining("; "));
    }
}
