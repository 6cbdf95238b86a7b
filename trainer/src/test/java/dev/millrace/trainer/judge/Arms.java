package dev.millrace.trainer.judge;

import org.HdrHistogram.Histogram;

/** What might have been seen of a version. */
final class Arms {
    private static final long LONGEST = 3_600_000_000L;

    private Arms() {}

    /** {@code answered} at 90 % confidence, one of 50 twice as slow as the others, all labelled. */
    static Arm arm(int answered, int failed, int right, long micros) {
        Histogram histogram = new Histogram(LONGEST, 3);
        for (int i = 0; i < answered; i++) {
            histogram.recordValue(i % 50 == 49 ? 2 * micros : micros + i % 50);
        }
        return new Arm(answered, failed, answered, answered, 0.9 * answered, histogram, answered, answered, right);
    }

    /** The same, and {@code slow} more that took ten times as long. */
    static Arm withSlowOnes(Arm arm, int slow) {
        Histogram histogram = arm.micros().copy();
        for (int i = 0; i < slow; i++) {
            histogram.recordValue(10 * histogram.getValueAtPercentile(50));
        }
        long answered = arm.answered() + slow;
        return new Arm(
                answered,
                arm.failed(),
                answered,
                answered,
                0.9 * answered,
                histogram,
                answered,
                answered,
                arm.right() + slow);
    }

    static Arm withConfidence(Arm arm, double mean) {
        return new Arm(
                arm.answered(),
                arm.failed(),
                arm.answered(),
                arm.answered(),
                mean * arm.answered(),
                arm.micros(),
                arm.runs(),
                arm.labelled(),
                arm.right());
    }

    static Arm withLabels(Arm arm, long labelled, long right) {
        return new Arm(
                arm.answered(),
                arm.failed(),
                arm.comparable(),
                arm.ranked(),
                arm.confidence(),
                arm.micros(),
                arm.runs(),
                labelled,
                right);
    }

    /** Of a segmenter: no answer has a score. */
    static Arm withoutScores(Arm arm) {
        return new Arm(arm.answered(), arm.failed(), arm.answered(), 0, 0, arm.micros(), arm.runs(), 0, 0);
    }

    /** Of a model of embeddings: nothing can be compared. */
    static Arm withoutContent(Arm arm) {
        return new Arm(arm.answered(), arm.failed(), 0, 0, 0, arm.micros(), arm.runs(), 0, 0);
    }

    static Evidence canary(Arm champion, Arm challenger) {
        return new Evidence(champion, challenger, new Pairs(0, 0, 0, 0, 0), 0);
    }
}
