package dev.millrace.bench.limit;

import dev.millrace.bench.limit.LimitReport.Row;
import dev.millrace.bench.limit.LimitReport.Share;
import dev.millrace.bench.measure.Figure;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** The limit as text, 80 columns. */
final class LimitTable {
    private LimitTable() {}

    static void print(LimitReport report, PrintWriter out) {
        out.printf(
                "%-24s %5s %5s %8s %8s %8s %7s %8s%n",
                "model, delivery", "lanes", "batch", "raw/s", "dry/s", "lane/s", "of raw", "core us");
        for (Row row : report.models()) {
            out.printf(
                    Locale.ROOT,
                    "%-24s %5d %5d %8.0f %8.0f %8.0f %7s %8s%n",
                    name(row),
                    row.lanes(),
                    row.batch(),
                    row.rawImagesPerSecond(),
                    row.dryImagesPerSecond(),
                    row.laneImagesPerSecond(),
                    shown(row, "lane_over_raw", "%.3f"),
                    shown(row, "overhead_core_us_per_image", "%.1f"));
        }
        for (Row row : report.models()) {
            out.printf("%n%s, %d lanes, batch %d%n", name(row), row.lanes(), row.batch());
            shares("  where the worker's process spends it", row.threads(), out);
            shares("  a lane's stages, each alone", row.stages(), out);
            if (row.plain() != null) {
                out.printf(
                        Locale.ROOT,
                        "  consumer and producer alone: %.0f records/s, %.1f core us each; lane/plain %.2f%n",
                        row.plain().recordsPerSecond(),
                        row.plain().coreUsPerRecord(),
                        row.plain().laneOverPlain());
                shares("  of that", row.plain().parts(), out);
            }
        }
        out.flush();
    }

    private static String name(Row row) {
        String model = row.model().startsWith("bundled:") ? row.model().substring("bundled:".length()) : row.model();
        String last = model.substring(model.lastIndexOf('/') + 1);
        String delivery = row.delivery().equals("exactly-once") ? " (once)" : "";
        return last.substring(0, Math.min(last.length(), 24 - delivery.length())) + delivery;
    }

    private static String shown(Row row, String name, String format) {
        Figure figure = row.figures().get(name);
        if (figure == null) {
            return "-";
        }
        return figure.hidden() ? "hidden" : String.format(Locale.ROOT, format, figure.median());
    }

    private static void shares(String title, List<Share> shares, PrintWriter out) {
        out.printf("%-42s %14s %12s%n", title, "us an image", "bytes");
        for (Share share : shares) {
            out.printf(
                    Locale.ROOT,
                    "    %-38s %14.2f %12.0f%n",
                    share.name(),
                    share.cpuSecondsPer100k() * 10,
                    share.bytesPerImage());
        }
    }
}
