package dev.millrace.trainer.judge;

import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.StageTimings;
import org.HdrHistogram.Histogram;

/** Counts one version's results. */
final class ArmTally {
    private static final int DIGITS = 3;
    private static final long LONGEST_MICROS = 3_600_000_000L;

    private final Histogram micros = new Histogram(LONGEST_MICROS, DIGITS);
    private long answered;
    private long failed;
    private long comparable;
    private long ranked;
    private double confidence;
    private double runs;
    private long labelled;
    private long right;

    void add(InferenceResult result) {
        if (result.getStatus() == ResultStatus.FAILED) {
            failed++;
        }
        if (result.getStatus() != ResultStatus.OK) {
            return;
        }
        answered++;
        if (isComparable(result)) {
            comparable++;
            if (result.getMask() == null) {
                ranked++;
                double score = bestScore(result);
                confidence += score >= 0 && score <= 1 ? score : 0;
            }
        }
        StageTimings timings = result.getTimings();
        long time = timings.getDecodeMicros() + timings.getBatchMicros() + timings.getInferMicros();
        micros.recordValue(Math.max(0, Math.min(LONGEST_MICROS, time)));
        runs += 1.0 / Math.max(1, result.getBatchSize());
    }

    /** Of the best label or box, which come first; 0 where nothing was found. */
    private static double bestScore(InferenceResult result) {
        if (!result.getLabels().isEmpty()) {
            return result.getLabels().get(0).getScore();
        }
        return result.getBoxes().isEmpty() ? 0 : result.getBoxes().get(0).getScore();
    }

    /** Whether it says what is on the image: all but an embedding do. */
    static boolean isComparable(InferenceResult result) {
        return result.getEmbedding().isEmpty();
    }

    /** Counts an answer whose true label is known, or with -1 takes that back. */
    void label(boolean isRight, int count) {
        labelled += count;
        right += isRight ? count : 0;
    }

    Arm seen() {
        return new Arm(answered, failed, comparable, ranked, confidence, micros.copy(), runs, labelled, right);
    }
}
