package dev.millrace.producer.cli;

import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.ScoredLabel;
import dev.millrace.schemas.StageTimings;
import dev.millrace.schemas.picture.CountLines;
import java.util.Locale;

/** A result as one line of at most 80 columns. Text from the wire is made safe for a terminal. */
final class ResultRow {
    private static final String FORM = "%-20s %-8s %-24s %-17s %7s";
    private static final double MICROS_PER_MILLI = 1e3;

    private ResultRow() {}

    /** Names of the columns. */
    static String header() {
        return String.format(FORM, "REQUEST", "STATUS", scored("LABEL", "SCORE"), "MODEL", "MS");
    }

    static String of(InferenceResult result) {
        return String.format(
                FORM,
                SafeText.fit(result.getRequestId(), 20),
                result.getStatus(),
                answer(result),
                model(result),
                SafeText.fit(
                        String.format(Locale.ROOT, "%.1f", totalMicros(result.getTimings()) / MICROS_PER_MILLI), 7));
    }

    /** The best label; of a detector, how much of what. */
    private static String answer(InferenceResult result) {
        return result.getCounts().isEmpty()
                ? scored(SafeText.fit(label(result), 18), score(result))
                : SafeText.fit(CountLines.text(result.getCounts()), 24);
    }

    private static String scored(String label, String score) {
        return String.format("%-18s %5s", label, score);
    }

    /** From the request's creation to the end of its inference. */
    private static long totalMicros(StageTimings timings) {
        return timings.getQueueMicros()
                + timings.getDecodeMicros()
                + timings.getBatchMicros()
                + timings.getInferMicros();
    }

    private static String label(InferenceResult result) {
        if (result.getStatus() == ResultStatus.OK && !result.getLabels().isEmpty()) {
            return result.getLabels().get(0).getLabel();
        }
        String errorClass = result.getErrorClass();
        return errorClass == null ? "-" : errorClass;
    }

    private static String score(InferenceResult result) {
        for (ScoredLabel best : result.getLabels()) {
            return String.format(Locale.ROOT, "%.3f", best.getScore());
        }
        return "-";
    }

    private static String model(InferenceResult result) {
        if (result.getModel() == null) {
            return "-";
        }
        String version = " v" + result.getVersion();
        return SafeText.fit(result.getModel(), 17 - version.length()) + version;
    }
}
