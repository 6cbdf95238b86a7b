package dev.millrace.trainer.cli;

import dev.millrace.trainer.cli.TrainerReport.Drift;
import dev.millrace.trainer.cli.TrainerReport.Labels;
import dev.millrace.trainer.cli.TrainerReport.OfTrainer;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What trainers say of themselves as text, 80 columns. */
final class TrainerPage {
    private static final int COLUMNS = 80;
    private static final int NAME_COLUMNS = 12;
    private static final int BAR_COLUMNS = 30;
    private static final int EPOCHS_SHOWN = 20;
    private static final List<String> STEPS =
            List.of("train", "export", "parity", "quantize", "gate", "publish", "rollout");

    private TrainerPage() {}

    static void print(TrainerReport report, PrintWriter out) {
        if (report.trainers().isEmpty()) {
            out.println("no trainer is alive");
        }
        report.trainers().forEach(trainer -> print(trainer, out));
    }

    private static void print(OfTrainer trainer, PrintWriter out) {
        String state = trainer.away() ? "away" : trainer.state();
        String heard = String.format(Locale.ROOT, ", heard of %,d s ago", trainer.heardSeconds());
        row(out, "trainer", trainer.trainer() + " (" + String.join(", ", trainer.roles()) + "): " + state + heard);
        row(out, "model", trainer.model());
        row(out, "run", trainer.run().isEmpty() ? "" : trainer.run() + ": " + trainer.why());
        row(out, "step", trainer.step().isEmpty() ? "" : step(trainer.step(), trainer.progress()));
        row(out, "curve", curve(trainer.curve()));
        String name = "gate";
        for (String check : trainer.gate()) {
            row(out, name, check);
            name = "";
        }
        if (trainer.roles().contains("retrain")) {
            row(out, "labels", labels(trainer.labels()));
            row(out, "drift", drift(trainer.drift()));
        }
        row(out, "last run", trainer.lastRun().isEmpty() ? "" : trainer.lastRun() + ": " + trainer.lastOutcome());
        row(out, "trouble", trainer.trouble());
        out.println();
    }

    /** Words that do not fit go on below; nothing where {@code text} is empty. */
    private static void row(PrintWriter out, String name, String text) {
        StringBuilder line = new StringBuilder(("%-" + (NAME_COLUMNS - 1) + "s").formatted(name));
        for (String word : text.strip().split("[\\s\\p{Cntrl}]+")) {
            String rest = word;
            boolean begun = line.toString().strip().length() > 0 && line.length() >= NAME_COLUMNS;
            if (begun && line.length() + 1 + rest.length() > COLUMNS) {
                out.println(line);
                line = new StringBuilder(" ".repeat(NAME_COLUMNS - 1));
            }
            while (line.length() + 1 + rest.length() > COLUMNS) {
                int cut = COLUMNS - line.length() - 1;
                out.println(line + " " + rest.substring(0, cut));
                rest = rest.substring(cut);
                line = new StringBuilder(" ".repeat(NAME_COLUMNS - 1));
            }
            line.append(' ').append(rest);
        }
        if (!text.isBlank()) {
            out.println(line);
        }
    }

    private static String step(String step, double progress) {
        double done = Math.max(0, Math.min(1, progress));
        int marks = (int) Math.floor(done * BAR_COLUMNS);
        int number = 1 + STEPS.indexOf(step);
        return String.format(
                Locale.ROOT,
                "%s%s [%s%s] %.0f %%",
                step,
                number == 0 ? "" : " (" + number + " of " + STEPS.size() + ")",
                "#".repeat(marks),
                ".".repeat(BAR_COLUMNS - marks),
                Math.floor(100 * done));
    }

    private static String curve(List<Double> curve) {
        if (curve.isEmpty()) {
            return "";
        }
        int first = Math.max(0, curve.size() - EPOCHS_SHOWN);
        String figures = curve.subList(first, curve.size()).stream()
                .map(top1 -> String.format(Locale.ROOT, "%.1f", 100 * top1))
                .collect(Collectors.joining(" "));
        return "validation top-1 in %: " + (first > 0 ? "... " : "") + figures;
    }

    /** Images may be there from labels of an earlier start. */
    private static String labels(Labels labels) {
        if (labels.seen() == 0 && labels.kept() == 0) {
            return "none yet";
        }
        List<String> lost = new ArrayList<>();
        some(lost, labels.waiting(), "wait for their results");
        some(lost, labels.unknown(), "unknown");
        some(lost, labels.expired(), "expired");
        some(lost, labels.outside(), "of no class");
        some(lost, labels.undecodable(), "undecodable");
        return String.format(Locale.ROOT, "%,d images kept; %,d labels seen", labels.kept(), labels.seen())
                + (lost.isEmpty() ? "" : ", of these " + String.join(", ", lost));
    }

    private static void some(List<String> list, long count, String what) {
        if (count > 0) {
            list.add(String.format(Locale.ROOT, "%,d %s", count, what));
        }
    }

    private static String drift(Drift drift) {
        if (drift.answers() == 0) {
            return "not judged: too few answers";
        }
        String finding = drift.answers() < drift.window()
                ? String.format(Locale.ROOT, "not judged before %,d answers", drift.window())
                : "none";
        return String.format(
                Locale.ROOT,
                "%s: stability index %.3f, confidence %.3f (reference: %.3f), of the last %,d answers",
                drift.drifted() ? "drifted since " + drift.since() : finding,
                drift.psi(),
                drift.confidence(),
                drift.referenceConfidence(),
                drift.answers());
    }
}
