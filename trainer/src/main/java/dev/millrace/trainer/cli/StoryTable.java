package dev.millrace.trainer.cli;

import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.RolloutEvent;
import dev.millrace.trainer.rollout.ActionWords;
import dev.millrace.trainer.rollout.TrialCommand;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The decisions about models, each in a line of 80 columns; who decided it, and why, in those below. */
final class StoryTable {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private static final String ROW = "%-19s  %-18s %7s  %-14s %6s %7s%n";

    /** What is decided of a challenger and leaves it one; other decisions may be of any version while there is one. */
    private static final Set<RolloutAction> OF_CHALLENGERS = EnumSet.of(
            RolloutAction.SHADOWED,
            RolloutAction.CANARY_BEGUN,
            RolloutAction.STEPPED,
            RolloutAction.HELD,
            RolloutAction.PAUSED,
            RolloutAction.RESUMED);

    private static final int COLUMNS = 80;
    private static final int INDENT = 21;

    private StoryTable() {}

    static void print(List<RolloutEvent> story, PrintWriter out) {
        out.printf(ROW, "when (UTC)", "model", "version", "action", "share", "answers");
        for (RolloutEvent event : story) {
            Instant at = event.getDecidedAt();
            out.printf(
                    ROW,
                    TIME.format(at),
                    event.getModel(),
                    number(event.getVersion()),
                    ActionWords.of(event.getAction()),
                    OF_CHALLENGERS.contains(event.getAction()) ? TrialCommand.percent(event.getShare()) : "",
                    number(event.getChampion()));
            String why = event.getReason().isEmpty() ? "" : ": " + event.getReason();
            printWrapped("by " + event.getDecidedBy() + why, out);
            if (!event.getRun().isEmpty()) {
                out.printf("%21s%s%n", "in run ", event.getRun());
            }
        }
        out.flush();
    }

    /** Below the model; a judge's reason takes many lines. */
    private static void printWrapped(String text, PrintWriter out) {
        StringBuilder line = new StringBuilder(" ".repeat(INDENT - "by ".length()));
        boolean first = true;
        for (String word : text.split(" ", -1)) {
            if (!first && line.length() + 1 + word.length() > COLUMNS) {
                out.println(line);
                line.setLength(0);
                line.append(" ".repeat(INDENT));
                first = true;
            }
            line.append(first ? "" : " ").append(word);
            first = false;
        }
        out.println(line);
    }

    private static String number(int version) {
        return version == 0 ? "-" : Integer.toString(version);
    }
}
