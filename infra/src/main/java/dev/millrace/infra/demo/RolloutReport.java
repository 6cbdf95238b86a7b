package dev.millrace.infra.demo;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * What a demo of rollouts found.
 *
 * @param requests published
 * @param answered with status OK
 * @param duplicated results beyond the first of a request
 * @param promoted the version that the judge made the champion; 0: none
 * @param rolledBack the version that the judge ended the trial of; 0: none
 * @param refused why workers refused the versions that they must
 * @param shareAsked of the first step, 0 to 1
 * @param shareMeasured what the challenger had of it
 * @param swapGapMsMax between one answer and the next, at most, while versions came and went
 * @param p99MsBefore from due to answered, before
 * @param p99MsDuring the same while versions came and went
 */
record RolloutReport(
        long requests,
        long answered,
        int duplicated,
        int promoted,
        int rolledBack,
        List<String> refused,
        double shareAsked,
        double shareMeasured,
        double swapGapMsMax,
        double p99MsBefore,
        double p99MsDuring) {
    /** How they begin. */
    private static final List<String> REASONS = List.of("artifact", "manifest key: ", "latency: ");

    RolloutReport {
        refused = List.copyOf(refused);
    }

    /** Whether it went as it should. */
    boolean good(int better, int worse) {
        return requests == answered
                && duplicated == 0
                && promoted == better
                && rolledBack == worse
                && refused.size() == REASONS.size()
                && IntStream.range(0, REASONS.size())
                        .allMatch(i -> refused.get(i).startsWith(REASONS.get(i)));
    }

    String json() {
        ObjectNode root = new JsonMapper().createObjectNode();
        root.put("requests", requests);
        root.put("answered", answered);
        root.put("duplicated", duplicated);
        root.put("promoted", promoted);
        root.put("rolled_back", rolledBack);
        ArrayNode reasons = root.putArray("refused");
        refused.forEach(reasons::add);
        root.put("share_asked", shareAsked);
        root.put("share_measured", round(shareMeasured));
        root.put("swap_gap_ms_max", round(swapGapMsMax));
        root.put("p99_ms_before", round(p99MsBefore));
        root.put("p99_ms_during", round(p99MsDuring));
        return root.toString();
    }

    void print(PrintWriter out) {
        row(out, "requests", "%,d, %,d answered, %,d twice", requests, answered, duplicated);
        row(out, "promoted", "version %d", promoted);
        row(out, "rolled back", "version %d", rolledBack);
        row(out, "refused", "%d versions", refused.size());
        row(out, "share", "%.1f %% asked, %.1f %% measured", 100 * shareAsked, 100 * shareMeasured);
        row(out, "p99", "%.1f ms before, %.1f ms while versions came and went", p99MsBefore, p99MsDuring);
        row(out, "longest gap", "%.1f ms between one answer and the next", swapGapMsMax);
        out.flush();
    }

    private static void row(PrintWriter out, String name, String format, Object... values) {
        out.println(String.format("%-12s ", name) + String.format(Locale.ROOT, format, values));
    }

    private static double round(double value) {
        return Math.round(value * 1_000) / 1_000.0;
    }
}
