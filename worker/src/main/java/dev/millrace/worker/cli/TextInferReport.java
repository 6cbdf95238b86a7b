package dev.millrace.worker.cli;

import dev.millrace.schemas.picture.CountLines;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.infer.Answer;
import dev.millrace.worker.infer.DetectedBox;
import dev.millrace.worker.infer.Prediction;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.infer.ScoredLabel;
import dev.millrace.worker.model.Task;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** A table of at most 80 columns on out; a line per failed image on err. */
final class TextInferReport implements InferReport {

    private static final int IMAGE_COLUMNS = 30;
    private static final int LABEL_COLUMNS = 20;
    private static final String ROW = "%-" + IMAGE_COLUMNS + "s  %-" + LABEL_COLUMNS + "s %6.4f  %6.2f ms %6.2f ms%n";
    private static final String FURTHER = "%-" + IMAGE_COLUMNS + "s  %-" + LABEL_COLUMNS + "s %6.4f%n";

    /** In place of a label and its score. */
    private static final int FOUND_COLUMNS = LABEL_COLUMNS + 7;

    private static final String FOUND = "%-" + IMAGE_COLUMNS + "s  %-" + FOUND_COLUMNS + "s  %6.2f ms %6.2f ms%n";
    private static final String BOX = "%-" + IMAGE_COLUMNS + "s  %-" + LABEL_COLUMNS + "s %6.4f  %s%n";

    private static final int MOST_SHARES = 5;

    private final PrintWriter out;
    private final PrintWriter err;
    private final int boxes;

    /** @param top labels of an image, or, from 2 on, boxes */
    TextInferReport(PrintWriter out, PrintWriter err, Predictor predictor, int top) {
        this.out = out;
        this.err = err;
        this.boxes = top == 1 ? 0 : top;
        PixelShape pixels = predictor.spec().pixels();
        out.printf(
                "model %s on %s, %dx%d %s%n",
                end(predictor.spec().toString(), 48),
                predictor.device(),
                pixels.width(),
                pixels.height(),
                pixels.order().name().toLowerCase(Locale.ROOT));
        boolean scored = predictor.spec().task() == Task.CLASSIFICATION
                || predictor.spec().task() == Task.MULTI_LABEL;
        out.printf(
                "%-" + IMAGE_COLUMNS + "s  %-" + LABEL_COLUMNS + "s %6s  %9s %9s%n",
                "IMAGE",
                scored ? "LABEL" : "FOUND",
                scored ? "SCORE" : "",
                "DECODE",
                "INFER");
    }

    @Override
    public void answered(Path image, Prediction prediction) {
        if (prediction.answer() instanceof Answer.Boxes found) {
            detected(image, prediction, found);
        } else if (prediction.answer() instanceof Answer.Labels labels
                && !labels.best().isEmpty()) {
            classified(image, prediction);
        } else if (prediction.answer() instanceof Answer.LabelMap map) {
            told(image, prediction, shares(map));
        } else {
            told(image, prediction, List.of(words(prediction.answer())));
        }
        out.flush();
    }

    private void detected(Path image, Prediction prediction, Answer.Boxes found) {
        told(image, prediction, CountLines.of(found.counts(), FOUND_COLUMNS));
        for (DetectedBox box :
                found.found().subList(0, Math.min(boxes, found.found().size()))) {
            String place =
                    String.format(Locale.ROOT, "%.0f,%.0f %.0fx%.0f", box.x(), box.y(), box.width(), box.height());
            out.printf(Locale.ROOT, BOX, "", end(box.label(), LABEL_COLUMNS), box.score(), place);
        }
    }

    private void told(Path image, Prediction prediction, List<String> lines) {
        out.printf(
                Locale.ROOT,
                FOUND,
                end(image.toString(), IMAGE_COLUMNS),
                lines.get(0),
                prediction.decodeNanos() / 1e6,
                prediction.inferNanos() / 1e6);
        for (String line : lines.subList(1, lines.size())) {
            out.printf("%-" + IMAGE_COLUMNS + "s  %s%n", "", line);
        }
    }

    /** What there is most of, in percent of the map. */
    private static List<String> shares(Answer.LabelMap map) {
        double pixels = (double) map.width() * map.height();
        return map.counts().entrySet().stream()
                .limit(MOST_SHARES)
                .map(entry -> String.format(
                        Locale.ROOT,
                        "%-" + LABEL_COLUMNS + "s %5.1f%%",
                        end(entry.getKey(), LABEL_COLUMNS),
                        100 * entry.getValue() / pixels))
                .toList();
    }

    private static String words(Answer answer) {
        if (answer instanceof Answer.Embedding embedding) {
            return "vector of " + embedding.vector().size() + " numbers";
        }
        return "nothing";
    }

    private void classified(Path image, Prediction prediction) {
        ScoredLabel top = prediction.top();
        out.printf(
                Locale.ROOT,
                ROW,
                end(image.toString(), IMAGE_COLUMNS),
                end(top.label(), LABEL_COLUMNS),
                top.score(),
                prediction.decodeNanos() / 1e6,
                prediction.inferNanos() / 1e6);
        for (ScoredLabel further :
                prediction.labels().subList(1, prediction.labels().size())) {
            out.printf(Locale.ROOT, FURTHER, "", end(further.label(), LABEL_COLUMNS), further.score());
        }
    }

    @Override
    public void failed(Path image, String errorClass, String message) {
        err.println(image + ": " + errorClass + ": " + message);
        err.flush();
    }

    @Override
    public void end() {
        out.flush();
    }

    /** The text, or its end where it is too long: of a path that is the telling part. */
    private static String end(String text, int columns) {
        return text.length() <= columns ? text : "..." + text.substring(text.length() - columns + 3);
    }
}
