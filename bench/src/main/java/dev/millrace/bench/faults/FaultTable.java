package dev.millrace.bench.faults;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** The summaries as text, 80 columns. */
final class FaultTable {
    private static final String ROW = "%-26s %-13s %4s %8s %5s %5s %6s %6s%n";

    private FaultTable() {}

    static void print(List<FaultSummary> summaries, PrintWriter out) {
        out.printf(Locale.ROOT, ROW, "fault", "mode", "runs", "requests", "lost", "dupl.", "p50 ms", "max ms");
        for (FaultSummary row : summaries) {
            out.printf(
                    Locale.ROOT,
                    ROW,
                    row.fault(),
                    row.mode(),
                    row.runs(),
                    row.requests(),
                    row.lost(),
                    row.duplicated(),
                    row.recoveryMillisP50(),
                    row.recoveryMillisMax());
        }
        out.println();
        out.println("p50 and max: from the beginning of the repair until every request is answered;");
        out.println("0 where the others had done it all before. dupl.: as a read_committed reader,");
        out.println("reading all the time, sees them.");
        out.flush();
    }
}
