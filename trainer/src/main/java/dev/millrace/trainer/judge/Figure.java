package dev.millrace.trainer.judge;

import java.util.Locale;

/** What two versions are compared by. */
enum Figure {
    /** Share of FAILED results. */
    ERRORS("points"),
    /** Share of best labels that are the true one. */
    ACCURACY("points"),
    /** Mean score of the best label or box, 0 where nothing was found. */
    CONFIDENCE("points"),
    /** Median time from bytes to answer. */
    P50("times"),
    /** The time that one of a hundred answers takes longer than. */
    P99("times"),
    /** Share of best labels that are the same; of what is counted by class, the mean {@link Content#agreement}. */
    AGREEMENT("points");

    private final String unit;

    Figure(String unit) {
        this.unit = unit;
    }

    String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    boolean isTime() {
        return this == P50 || this == P99;
    }

    /** One version's own figure, as people read it. */
    String own(double value) {
        if (Double.isNaN(value)) {
            return "-";
        }
        return isTime() ? text("%.2f ms", value / 1000) : text("%.2f %%", 100 * value);
    }

    /** By how much one is worse, as people read it. */
    String difference(double value) {
        if (Double.isInfinite(value)) {
            return "any";
        }
        return isTime() ? text("%.2f %s", value, unit) : text("%.2f %s", 100 * value, unit);
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
