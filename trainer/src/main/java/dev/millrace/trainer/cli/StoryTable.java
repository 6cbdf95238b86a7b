package dev.millrace.trainer.cli;

import dev.millrace.schemas.RolloutEvent;
import dev.millrace.trainer.rollout.ActionWords;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** The decisions about models, one a line of 80 columns; a reason has a line of its own. */
final class StoryTable {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private static final String ROW = "%-19s  %-20s %7s  %-14s %8s%n";

    private StoryTable() {}

    static void print(List<RolloutEvent> story, PrintWriter out) {
        out.printf(ROW, "when (UTC)", "model", "version", "action", "answers");
        for (RolloutEvent event : story) {
            Instant at = event.getDecidedAt();
            out.printf(
                    ROW,
                    TIME.format(at),
                    event.getModel(),
                    number(event.getVersion()),
                    ActionWords.of(event.getAction()),
                    number(event.getChampion()));
            String why = event.getReason().isEmpty() ? "" : ": " + event.getReason();
            out.printf("%21s%s%s%n", "by ", event.getDecidedBy(), why);
            if (!event.getRun().isEmpty()) {
                out.printf("%21s%s%n", "in run ", event.getRun());
            }
        }
        out.flush();
    }

    private static String number(int version) {
        return version == 0 ? "-" : Integer.toString(version);
    }
}
