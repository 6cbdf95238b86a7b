package dev.millrace.trainer.gate;

import org.jspecify.annotations.Nullable;

/**
 * One thing that was asked of a candidate.
 *
 * @param name as in {@link Gate}, such as {@code top1}
 * @param figure what was measured; null: it could not be, or there is nothing to measure
 * @param limit what it is compared with; null: nothing
 * @param unit of both
 * @param reason why it did not pass; null where it did
 */
public record Check(
        String name,
        boolean passed,
        @Nullable Double figure,
        @Nullable Double limit,
        Unit unit,
        @Nullable String reason) {
    /** What a figure counts. */
    public enum Unit {
        BYTES,
        MIB,
        SECONDS,
        MILLISECONDS,
        /** 0 to 1. */
        SHARE,
        /** Hundredths of a share. */
        POINTS,
        LOGIT,
        NONE
    }

    static Check atLeast(String name, double figure, double limit, Unit unit) {
        boolean passed = figure >= limit;
        return new Check(name, passed, figure, limit, unit, passed ? null : "below the minimum");
    }

    static Check atMost(String name, double figure, double limit, Unit unit) {
        boolean passed = figure <= limit;
        return new Check(name, passed, figure, limit, unit, passed ? null : "above the maximum");
    }

    static Check unmeasured(String name, double limit, Unit unit, String reason) {
        return new Check(name, false, null, limit, unit, reason);
    }
}
