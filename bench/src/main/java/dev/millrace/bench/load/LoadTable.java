package dev.millrace.bench.load;

import dev.millrace.bench.load.LoadReport.Level;
import dev.millrace.bench.load.LoadReport.Row;
import dev.millrace.bench.measure.Figure;
import java.io.PrintWriter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Latencies as text, 80 columns. */
final class LoadTable {
    private LoadTable() {}

    static void print(LoadReport report, PrintWriter out) {
        for (Row row : report.models()) {
            out.printf(
                    Locale.ROOT,
                    "%s, %d lane%s, %s, batch %d: capacity %.0f images/s%n",
                    row.model(),
                    row.lanes(),
                    row.lanes() == 1 ? "" : "s",
                    row.delivery(),
                    row.batch(),
                    row.capacity().median());
            out.printf(
                    "%6s %9s %9s %9s %9s %9s %9s %10s%n",
                    "load", "req/s", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "late p99", "images/run");
            for (Level level : row.loads()) {
                out.printf(
                        Locale.ROOT,
                        "%4d %% %9.0f %9s %9s %9s %9.1f %9.2f %10.1f%n",
                        level.percent(),
                        level.perSecond(),
                        shown(level.msP50()),
                        shown(level.msP99()),
                        shown(level.msP999()),
                        level.msMax().median(),
                        level.sentLateMsP99().median(),
                        level.imagesPerRun());
            }
            out.println();
        }
        out.flush();
    }

    private static String shown(@Nullable Figure figure) {
        if (figure == null) {
            return "-";
        }
        String format = figure.hidden() ? "~%.2f" : "%.2f";
        return String.format(Locale.ROOT, format, figure.median());
    }
}
