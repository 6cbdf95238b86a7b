package dev.millrace.producer.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.producer.deadletter.Position;
import dev.millrace.producer.deadletter.Replay;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** Counts what became of letters, and says it of those that were not replayed. Thread-safe. */
final class ReplayTally {
    private static final int SHOWN = 20;

    private final Map<Replay.Result, Long> counts = new EnumMap<>(Replay.Result.class);
    private int said;

    synchronized void count(Position letter, Replay.Outcome outcome, ProgressLine progress) {
        counts.merge(outcome.result(), 1L, Long::sum);
        if (outcome.result() == Replay.Result.REFUSED || outcome.result() == Replay.Result.FAILED) {
            said++;
            if (said <= SHOWN) {
                progress.message(letter + ": " + SafeText.of(outcome.detail()));
            } else if (said == SHOWN + 1) {
                progress.message("(further letters are only counted)");
            }
        }
        progress.step();
    }

    /** Whether every letter was replayed, or left alone for a newer one. */
    synchronized boolean complete() {
        return of(Replay.Result.REFUSED) == 0 && of(Replay.Result.FAILED) == 0;
    }

    synchronized String text(boolean dryRun) {
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT,
                "%-13s %,d%s",
                "replayed",
                of(Replay.Result.REPLAYED),
                dryRun ? " would be (dry run: nothing was sent)" : ""));
        appendIfAny(text, "superseded", Replay.Result.SUPERSEDED);
        appendIfAny(text, "refused", Replay.Result.REFUSED);
        appendIfAny(text, "failed", Replay.Result.FAILED);
        return text.toString();
    }

    synchronized String json(boolean dryRun, int missing) {
        ObjectNode json = JsonMapper.builder().build().createObjectNode();
        for (Replay.Result result : Replay.Result.values()) {
            json.put(result.name().toLowerCase(Locale.ROOT), of(result));
        }
        json.put("missing", missing);
        json.put("dry_run", dryRun);
        return json.toString();
    }

    private void appendIfAny(StringBuilder text, String name, Replay.Result result) {
        if (of(result) > 0) {
            text.append(String.format(Locale.ROOT, "%n%-13s %,d", name, of(result)));
        }
    }

    private long of(Replay.Result result) {
        return counts.getOrDefault(result, 0L);
    }
}
