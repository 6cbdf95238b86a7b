package dev.millrace.bench.peers;

import dev.millrace.bench.measure.Figure;
import dev.millrace.bench.peers.PeersReport.CrayfishRow;
import dev.millrace.bench.peers.PeersReport.Row;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** The comparison as text, 80 columns. */
final class PeersTable {
    private PeersTable() {}

    static void print(PeersReport report, PrintWriter out) {
        List<String> precisions =
                report.contestants().stream().map(Row::precision).distinct().toList();
        for (String precision : precisions) {
            out.printf(
                    "%-23s %9s %9s %8s %9s %7s %6s%n",
                    precision, "images/s", "/CPU s", "load/s", "p99 ms", "RSS MB", "lines");
            report.contestants().stream()
                    .filter(row -> row.precision().equals(precision))
                    .forEach(row -> print(row, out));
            out.println();
        }
        if (report.contestants().stream().anyMatch(row -> !row.equalLoad())) {
            out.println("* cannot carry the load of the others: the same part of its own capacity");
        }
        report.leftOut().forEach(name -> out.println("left out, not installed: " + name));
        crayfish(report.crayfish(), out);
        out.flush();
    }

    private static void print(Row row, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "%-23s %9s %9s %8s %9s %7.0f %6d%n",
                row.name(),
                shown(row, "images_per_second", "%.0f"),
                shown(row, "images_per_cpu_second", "%.0f"),
                String.format(Locale.ROOT, "%s%.0f", row.equalLoad() ? "" : "*", row.loadPerSecond()),
                shown(row, "p99_ms", "%.1f"),
                row.rssMb(),
                row.linesOfUserCode());
    }

    private static String shown(Row row, String name, String format) {
        Figure figure = row.figures().get(name);
        if (figure == null) {
            return "-";
        }
        return (figure.hidden() ? "~" : "") + String.format(Locale.ROOT, format, figure.median());
    }

    private static void crayfish(List<CrayfishRow> rows, PrintWriter out) {
        if (rows.isEmpty()) {
            return;
        }
        out.printf("%-23s %12s %14s %18s%n", "Crayfish's FFNN, fp32", "offered/s", "throughput/s", "mean latency ms");
        for (CrayfishRow row : rows) {
            out.printf(
                    Locale.ROOT,
                    "%-23s %12.0f %14.0f %18.1f%n",
                    row.name(),
                    row.offeredPerSecond(),
                    row.throughputPerSecond(),
                    row.meanLatencyMs());
        }
        out.println();
    }
}
