package dev.millrace.trainer.cli;

import dev.millrace.trainer.evaluate.DetectedClassReport;
import dev.millrace.trainer.evaluate.DetectedSizeReport;
import dev.millrace.trainer.evaluate.DetectionEvaluation;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What {@code evaluate} prints of detectors, in at most 80 columns. */
final class DetectionTable {
    private static final int LONGEST_NAME = 25;
    private static final int MOST_NAMES = 5;

    private final List<DetectionEvaluation> columns;
    private final PrintWriter out;

    private DetectionTable(List<DetectionEvaluation> columns, PrintWriter out) {
        this.columns = columns;
        this.out = out;
    }

    /**
     * Prints them side by side; sizes and classes of the first only.
     *
     * @param columns at least one
     */
    static void print(List<DetectionEvaluation> columns, PrintWriter out) {
        new DetectionTable(columns, out).print();
    }

    private void print() {
        DetectionEvaluation first = columns.get(0);
        double beta = first.fbeta().beta();
        out.printf("%-26s", shown(first.model()));
        columns.forEach(column -> out.printf("%16s", column.precision()));
        out.println();
        row("pictures", "%,16d", DetectionEvaluation::pictures);
        row("objects", "%,16d", DetectionEvaluation::objects);
        share("mAP@0.5 %", e -> e.coco().ap50());
        share("mAP@0.5:0.95 %", e -> e.coco().ap());
        share("  small", e -> e.coco().apSmall());
        share("  medium", e -> e.coco().apMedium());
        share("  large", e -> e.coco().apLarge());
        share("recall, 100 best boxes %", e -> e.coco().ar100());
        row("threshold", "%16.3f", DetectionEvaluation::threshold);
        share("miss rate %", DetectionEvaluation::missRate);
        row("false alarms per picture", "%16.3f", DetectionEvaluation::falseAlarmsPerPicture);
        share(EvaluateCommand.name("macro F", beta), e -> e.fbeta().macro());
        share(EvaluateCommand.name("weighted F", beta), e -> e.fbeta().weighted());
        row("ms per picture", "%16.2f", DetectionEvaluation::medianMs);
        row("p99 ms per picture", "%16.2f", DetectionEvaluation::p99Ms);
        row("bytes", "%,16d", DetectionEvaluation::bytes);
        out.printf("%n%-26s%9s%13s%10s%n", "at the threshold", "objects", "precision %", "recall %");
        for (DetectedSizeReport size : first.sizes()) {
            out.printf(
                    Locale.ROOT,
                    "%-26s%9d%13s%10s%n",
                    size.size(),
                    size.objects(),
                    whereAny(size.boxes(), size.precision()),
                    whereAny(size.objects(), size.recall()));
        }
        printClasses(first, beta);
        names("classes left out, as the model lacks them: ", first.leftOut());
        names("labels left out, as the data set lacks them: ", first.labelsWithoutTruth());
    }

    private void printClasses(DetectionEvaluation first, double beta) {
        out.printf(
                "%n%-26s%9s%13s%10s%8s%7s%7s%n",
                "class", "objects", "precision %", "recall %", EvaluateCommand.name("F", beta), "AP50 %", "AP %");
        List<DetectedClassReport> there = first.classes().stream()
                .filter(report -> report.objects() + report.boxes() > 0)
                .toList();
        for (DetectedClassReport report : there) {
            out.printf(
                    Locale.ROOT,
                    "%-26s%9d%13s%10s%8.2f%7s%7s%n",
                    shown(report.label()),
                    report.objects(),
                    whereAny(report.boxes(), report.precision()),
                    whereAny(report.objects(), report.recall()),
                    100 * report.fbeta(),
                    percent(report.ap50()),
                    percent(report.ap()));
        }
        int others = first.classes().size() - there.size();
        if (others > 0) {
            out.printf("neither there nor found: %d%n", others);
        }
    }

    private void names(String what, List<String> names) {
        if (!names.isEmpty()) {
            out.println();
            out.println(what + names.size());
            names.stream().limit(MOST_NAMES).forEach(name -> out.println("  " + shown(name)));
            if (names.size() > MOST_NAMES) {
                out.printf("  and %d more%n", names.size() - MOST_NAMES);
            }
        }
    }

    private void share(String name, Function<DetectionEvaluation, @Nullable Double> figure) {
        out.printf("%-26s", name);
        columns.forEach(column -> out.printf("%16s", percent(figure.apply(column))));
        out.println();
    }

    private void row(String name, String format, Function<DetectionEvaluation, Number> figure) {
        out.printf("%-26s", name);
        columns.forEach(column -> out.printf(Locale.ROOT, format, figure.apply(column)));
        out.println();
    }

    /** Of none there is no share. */
    private static String whereAny(int whole, double share) {
        return percent(whole == 0 ? null : share);
    }

    private static String percent(@Nullable Double share) {
        return share == null ? "-" : String.format(Locale.ROOT, "%.2f", 100 * share);
    }

    private static String shown(String name) {
        return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME - 1) + "\u2026";
    }
}
