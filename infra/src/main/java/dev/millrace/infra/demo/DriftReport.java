package dev.millrace.infra.demo;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.Locale;

/**
 * What a demo of drift found. Accuracies are top-1, 0 to 1, of answers to images that nobody has trained on.
 *
 * @param accuracyBefore of the first version
 * @param accuracyShifted of the first version, once images are others
 * @param accuracyAfter of the version that was retrained, on those
 * @param driftDetectedAfterS from the first of the other images to the trainer's report; below 0: never
 * @param published the version that was retrained; 0: none
 * @param promoted the version that the judge made the champion; 0: none
 * @param requests published
 * @param answered with status OK
 */
record DriftReport(
        double accuracyBefore,
        double accuracyShifted,
        double accuracyAfter,
        double driftDetectedAfterS,
        int published,
        int promoted,
        long requests,
        long answered) {
    /** Points of accuracy that the shift may cost in the end. */
    private static final double WITHIN = 0.02;

    /** Whether it went as it should. */
    boolean good() {
        return requests == answered
                && driftDetectedAfterS >= 0
                && published > 0
                && promoted == published
                && accuracyAfter >= accuracyBefore - WITHIN;
    }

    String json() {
        ObjectNode root = new JsonMapper().createObjectNode();
        root.put("accuracy_before", round(accuracyBefore));
        root.put("accuracy_shifted", round(accuracyShifted));
        root.put("accuracy_after", round(accuracyAfter));
        root.put("drift_detected_after_s", round(driftDetectedAfterS));
        root.put("published", published);
        root.put("promoted", promoted);
        root.put("requests", requests);
        root.put("answered", answered);
        return root.toString();
    }

    void print(PrintWriter out) {
        row(out, "requests", "%,d, %,d answered", requests, answered);
        row(
                out,
                "accuracy",
                "%.1f %% before, %.1f %% once images were others, %.1f %% after",
                100 * accuracyBefore,
                100 * accuracyShifted,
                100 * accuracyAfter);
        row(out, "drift", "reported %.1f s after it began", driftDetectedAfterS);
        row(out, "retrained", "version %d, promoted: version %d", published, promoted);
        out.flush();
    }

    private static void row(PrintWriter out, String name, String format, Object... values) {
        out.println(String.format("%-12s ", name) + String.format(Locale.ROOT, format, values));
    }

    private static double round(double value) {
        return Math.round(value * 10_000) / 10_000.0;
    }
}
