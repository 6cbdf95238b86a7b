package dev.millrace.producer.cli;

import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.ScoredLabel;
import dev.millrace.schemas.StageTimings;
import dev.millrace.schemas.picture.CountLines;
import java.util.Locale;

/** A result as one line of at most 80 columns. Text from the wire is made safe for a terminal. */
final class ResultRow {
    private static final String FORM = "%-20s %-8s %-18s %5s %-17s %7s";
    /** Of a detector: how much of what. */
    private static final String FOUND = "%-20s %-8s %-24s %-17s %7s";

    private static final double MICROS_PER_MILLI = 1e3;

    private ResultRow() {}

    /** Names of the columns. */
    static String header() {
        return String.format(FORM, "REQUEST", "STATUS", "LABEL", "SCORE", "MODEL", "MS");
    }

    static String of(InferenceResult result) {
        String request = SafeText.fit(result.getRequestId(), 20);
        String millis = SafeText.fit(
                String.format(Locale.ROOT, "%.1f", totalMicros(result.getTimings()) / MICROS_PER_MILLI), 7);
        if (!result.getCounts().isEmpty()) {
            String found = SafeText.fit(CountLines.text(result.getCounts()), 24);
            return String.format(FOUND, request, result.getStatus(), found, model(result), millis);
        }
        return String.format(
                FORM,
                request,
                result.getStatus(),
                SafeText.fit(label(result), 18),
                score(result),
                model(result),
                millis);
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
