package dev.millrace.bench.scale;

import dev.millrace.bench.measure.Figure;
import dev.millrace.bench.scale.ScaleReport.Row;
import java.io.PrintWriter;
import java.util.Locale;

/** Groups as text, 80 columns. */
final class ScaleTable {
    private ScaleTable() {}

    static void print(ScaleReport report, PrintWriter out) {
        out.printf(
                "%8s %6s %7s %8s %10s %10s %9s %9s%n",
                "workers", "lanes", "run ms", "join s", "ideal/s", "images/s", "of ideal", "core us");
        for (Row row : report.groups()) {
            out.printf(
                    Locale.ROOT,
                    "%8d %6d %7.0f %8.2f %10.0f %10.0f %9s %9s%n",
                    row.workers(),
                    row.workers() * row.lanes(),
                    row.runMs(),
                    row.joinSeconds(),
                    row.idealPerSecond(),
                    row.imagesPerSecond().median(),
                    shown(row.ofIdeal(), "%.3f"),
                    shown(row.coreUsPerImage(), "%.1f"));
        }
        out.flush();
    }

    private static String shown(Figure figure, String format) {
        return figure.hidden() ? "hidden" : String.format(Locale.ROOT, format, figure.median());
    }
}
