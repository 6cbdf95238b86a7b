package dev.millrace.infra.demo;

import dev.millrace.infra.demo.StageTimes.Percentiles;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** A report for people, in 80 columns. */
final class TextReport {
    private static final int WIDTH = 80;
    private static final int NAME_COLUMNS = 12;

    private final PrintWriter out;

    TextReport(PrintWriter out) {
        this.out = out;
    }

    void print(DemoReport report) {
        row("images", "%,d of %s, at most %d in flight", report.images(), report.dataset(), report.inFlight());
        row("results", "%s", results(report));
        report.errors().forEach((error, count) -> row("", "%,d x %s", count, error));
        row("accuracy", "%.2f %% (%,d of %,d right)", 100 * report.accuracy(), report.right(), report.images());
        row("throughput", "%,.0f images/s (%.2f s)", report.imagesPerSecond(), report.seconds());
        InferenceResult answer = report.answer();
        if (answer != null) {
            row(
                    "model",
                    "%s v%d, %s, %,d bytes, on %s",
                    answer.getModel(),
                    answer.getVersion(),
                    answer.getPrecision(),
                    report.modelBytes(),
                    answer.getDevice());
            row("sha256", "%s", answer.getSha256());
        }
        out.println();
        out.printf("%-" + NAME_COLUMNS + "s %12s %12s %12s%n", "stage", "p50 ms", "p95 ms", "p99 ms");
        for (Stage stage : Stage.values()) {
            Percentiles time = Objects.requireNonNull(report.stages().get(stage));
            out.printf(
                    Locale.ROOT,
                    "%-" + NAME_COLUMNS + "s %12.2f %12.2f %12.2f%n",
                    stage.key.replace('_', ' '),
                    time.p50(),
                    time.p95(),
                    time.p99());
        }
        out.flush();
    }

    private static String results(DemoReport report) {
        List<String> parts = new ArrayList<>();
        for (ResultStatus status : ResultStatus.values()) {
            int count = report.results(status);
            if (count > 0 || status == ResultStatus.OK) {
                parts.add(String.format(Locale.ROOT, "%,d %s", count, status));
            }
        }
        if (report.lost() > 0) {
            parts.add(String.format(Locale.ROOT, "%,d without a result", report.lost()));
        }
        return String.join(", ", parts);
    }

    private void row(String name, String format, Object... values) {
        String line = String.format("%-" + NAME_COLUMNS + "s ", name) + String.format(Locale.ROOT, format, values);
        out.println(line.length() <= WIDTH ? line : line.substring(0, WIDTH - 3) + "...");
    }
}
