package dev.millrace.bench.soak;

import java.io.PrintWriter;
import java.util.Locale;

/** A soak as text, 80 columns. */
final class SoakTable {
    private SoakTable() {}

    static void print(SoakReport report, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "%s, %s min at %d/s, seed %d%n",
                report.mode(),
                SoakChart.number(report.minutes()),
                report.perSecond(),
                report.seed());
        out.printf(
                Locale.ROOT,
                "%d requests, %d lost, %d duplicated; %d swaps; p50 %.1f ms, p99 %.1f ms%n%n",
                report.requests(),
                report.lost(),
                report.duplicated(),
                report.swapCount(),
                report.p50(),
                report.p99());
        out.printf(Locale.ROOT, "%-9s %-15s %8s %8s %10s%n", "process", "", "warm", "end", "per hour");
        for (SoakReport.Row row : report.processes()) {
            row.growth()
                    .forEach((measure, growth) -> out.printf(
                            Locale.ROOT,
                            "%-9s %-15s %8s %8s %+10.1f%n",
                            row.name(),
                            measure.title(),
                            SoakChart.number(growth.before()),
                            SoakChart.number(growth.after()),
                            growth.perHour()));
        }
        out.flush();
    }
}
