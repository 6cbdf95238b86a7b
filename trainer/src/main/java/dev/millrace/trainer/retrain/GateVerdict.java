package dev.millrace.trainer.retrain;

import dev.millrace.trainer.gate.Check;
import dev.millrace.trainer.gate.GateReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whether a candidate may take the champion's place, by what the gate measured: figures against limits, nothing else.
 *
 * @param checks a line each, in order
 * @param failed those of them that it did not pass
 */
record GateVerdict(List<String> checks, List<String> failed) {
    GateVerdict {
        checks = List.copyOf(checks);
        failed = List.copyOf(failed);
    }

    /**
     * Decides.
     *
     * @param base on base validation images
     * @param replayed on replayed images that were held out; null: there are none
     */
    static GateVerdict of(RetrainSpec.Gate limits, GateReport base, @Nullable GateReport replayed) {
        List<String> checks = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        add("base", base, limits, checks, failed);
        if (replayed != null) {
            add("replay", replayed, limits, checks, failed);
        }
        return new GateVerdict(checks, failed);
    }

    boolean passed() {
        return failed.isEmpty();
    }

    /** In one line. */
    String reason() {
        return "gate: " + String.join("; ", failed);
    }

    private static void add(
            String on, GateReport report, RetrainSpec.Gate limits, List<String> checks, List<String> failed) {
        for (Check check : report.checks()) {
            Double figure = check.figure();
            if (figure == null) {
                String reason = check.reason();
                line("%s %s: %s".formatted(on, check.name(), reason == null ? "yes" : reason), check, checks, failed);
            } else if (check.name().equals("drop_champion")) {
                boolean base = on.equals("base");
                // Not -0.00.
                double points = base ? figure : 0 - figure;
                double limit = base ? limits.baseDrop() : limits.replayGain();
                String line = String.format(
                        Locale.ROOT,
                        "%s %.2f points (expected: at %s %.2f)",
                        base ? "base_drop" : "replay_gain",
                        points,
                        base ? "most" : "least",
                        limit);
                checks.add(line);
                if (base ? points > limit : points < limit) {
                    failed.add(line);
                }
            } else if (check.name().equals("top1")) {
                line(String.format(Locale.ROOT, "%s top1 %.4f", on, figure), check, checks, failed);
            } else if (!check.passed()) {
                line(
                        String.format(Locale.ROOT, "%s %s %.2f: %s", on, check.name(), figure, check.reason()),
                        check,
                        checks,
                        failed);
            }
        }
    }

    private static void line(String line, Check check, List<String> checks, List<String> failed) {
        checks.add(line);
        if (!check.passed()) {
            failed.add(line);
        }
    }
}
