package dev.millrace.trainer.drift;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How far the last answers are from their reference.
 *
 * @param answers that were looked at
 * @param psi population stability index of the predicted classes, see {@link StabilityIndex}; 0 before there is an answer
 * @param confidence mean score of the best label, 0 to 1; 0 before there is an answer
 * @param referenceConfidence the same of the reference
 * @param since when it was first further than the limits, of the time that it has been so without a break; null: it is not
 * @param why each figure beyond its limit, in words; empty: none is
 */
public record Drift(
        long answers,
        double psi,
        double confidence,
        double referenceConfidence,
        @Nullable Instant since,
        String why) {
    /** Some thousand looks at windows that overlap shall not find by chance what is not there. */
    private static final double MOST_CHANCE = 1e-6;

    /**
     * Looks at a window. Nothing has drifted before it is full, nor by an index that chance alone may give.
     *
     * @param before the last look at this version's window; null: this is the first
     * @throws IllegalArgumentException when the window and the reference are not of the same classes
     */
    public static Drift of(
            DriftWindow window, Reference reference, DriftLimits limits, @Nullable Drift before, Instant now) {
        long[] counts = window.counts();
        long[] expected = reference.counts();
        if (counts.length != expected.length) {
            throw new IllegalArgumentException(
                    "classes: %d (expected: %d, as the reference has)".formatted(counts.length, expected.length));
        }
        double psi = window.size() == 0 ? 0 : StabilityIndex.of(counts, expected);
        double confidence = window.confidence();
        List<String> why = new ArrayList<>();
        if (window.isFull()) {
            long images =
                    reference.answers().stream().mapToLong(Long::longValue).sum();
            boolean byChance = StabilityIndex.chance(psi, counts.length, window.size(), images) > MOST_CHANCE;
            if (psi > limits.psi() && !byChance) {
                why.add(String.format(Locale.ROOT, "psi %.3f (expected: at most %s)", psi, limits.psi()));
            }
            double least = reference.confidence() - limits.confidenceDrop();
            if (confidence < least) {
                why.add(String.format(Locale.ROOT, "confidence %.3f (expected: at least %.3f)", confidence, least));
            }
        }
        Instant first = before == null || before.since == null ? now : before.since;
        return new Drift(
                window.size(),
                psi,
                confidence,
                reference.confidence(),
                why.isEmpty() ? null : first,
                String.join(", ", why));
    }

    /** Whether it is further than the limits. */
    public boolean drifted() {
        return since != null;
    }
}
