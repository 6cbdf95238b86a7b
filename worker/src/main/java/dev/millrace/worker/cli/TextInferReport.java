package dev.millrace.worker.cli;

import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.infer.Prediction;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.infer.ScoredLabel;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;

/** A table of at most 80 columns on out; a line per failed image on err. */
final class TextInferReport implements InferReport {

    private static final int IMAGE_COLUMNS = 30;
    private static final int LABEL_COLUMNS = 20;
    private static final String ROW = "%-" + IMAGE_COLUMNS + "s  %-" + LABEL_COLUMNS + "s %6.4f  %6.2f ms %6.2f ms%n";
    private static final String FURTHER = "%-" + IMAGE_COLUMNS + "s  %-" + LABEL_COLUMNS + "s %6.4f%n";

    private final PrintWriter out;
    private final PrintWriter err;

    TextInferReport(PrintWriter out, PrintWriter err, Predictor predictor) {
        this.out = out;
        this.err = err;
        PixelShape pixels = predictor.spec().pixels();
        out.printf(
                "model %s on %s, %dx%d %s%n",
                end(predictor.spec().toString(), 48),
                predictor.device(),
                pixels.width(),
                pixels.height(),
                pixels.order().name().toLowerCase(Locale.ROOT));
        out.printf(
                "%-" + IMAGE_COLUMNS + "s  %-" + LABEL_COLUMNS + "s %6s  %9s %9s%n",
                "IMAGE",
                "LABEL",
                "SCORE",
                "DECODE",
                "INFER");
    }

    @Override
    public void classified(Path image, Prediction prediction) {
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
        out.flush();
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
