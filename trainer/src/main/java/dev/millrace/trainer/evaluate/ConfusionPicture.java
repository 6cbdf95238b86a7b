package dev.millrace.trainer.evaluate;

import dev.millrace.trainer.evaluate.Drawing.Anchor;
import dev.millrace.trainer.files.WholeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * A confusion matrix as a heat map: a row per true class, a column per answer, right answers in blue and wrong ones in red, the darker
 * the larger their share of the row. The shade goes by the square root, so that a hundredth still shows. Counts stand where they fit;
 * the most confused pairs are listed beside the map.
 */
public final class ConfusionPicture {
    private static final int MARGIN = 24;
    private static final int TITLE = 56;
    private static final int LONGEST_LABEL = 24;
    private static final double CHARACTER = 0.58;
    private static final int DOTS_PER_PIXEL = 2;
    private static final int INK = 0x222222;
    private static final int FAINT = 0x777777;
    private static final int GUIDE = 0xdcdcd8;
    private static final int GROUND = 0xf4f4f2;
    private static final int RIGHT = 0x1f4e9b;
    private static final int WRONG = 0xb3261e;

    private final ConfusionMatrix matrix;
    private final String title;
    private final int classes;
    private final double cell;
    private final double font;
    private final double left;
    private final double top;
    private final int width;
    private final int height;
    private final List<ConfusedPair> pairs;

    private ConfusionPicture(ConfusionMatrix matrix, String title) {
        this.matrix = matrix;
        this.title = title;
        classes = matrix.labels().size();
        cell = Math.max(14, Math.min(52, 1_400.0 / classes));
        font = Math.max(8, Math.min(13, cell * 0.6));
        double labels = matrix.labels().stream()
                        .mapToInt(label -> shown(label).length())
                        .max()
                        .orElse(0)
                * font
                * CHARACTER;
        left = MARGIN + 20 + labels + 8;
        top = TITLE + 20 + labels + 8;
        pairs = matrix.mostConfused(classes > 20 ? 40 : 12);
        double list = pairs.stream().mapToInt(pair -> text(pair).length()).max().orElse(0) * 13 * CHARACTER;
        width = (int) (left + classes * cell + MARGIN + Math.max(200, list) + MARGIN);
        height = (int) Math.max(top + classes * cell + 64, top + (pairs.size() + 2) * 20.0);
    }

    /**
     * Checks a name before any work is done for it.
     *
     * @throws IllegalArgumentException unless it ends in .svg or .png
     */
    public static void requireKnownKind(Path file) {
        if (!isSvg(file) && !file.toString().toLowerCase(Locale.ROOT).endsWith(".png")) {
            throw new IllegalArgumentException(
                    "confusion: %s (expected: a name that ends in .svg or .png)".formatted(file));
        }
    }

    /** Draws the evaluation's matrix and replaces the file in one step; makes its folder. */
    public static void write(Evaluation evaluation, Path file) throws IOException {
        String title = String.format(
                Locale.ROOT,
                "%s, %s: %,d images, top-1 %.2f %%",
                evaluation.model(),
                evaluation.precision(),
                evaluation.images(),
                100 * evaluation.top1());
        write(evaluation.confusion(), title, file);
    }

    /** Draws a matrix under a title and replaces the file in one step; makes its folder. */
    public static void write(ConfusionMatrix matrix, String title, Path file) throws IOException {
        requireKnownKind(file);
        ConfusionPicture picture = new ConfusionPicture(matrix, title);
        Drawing drawing = isSvg(file)
                ? new SvgDrawing(picture.width, picture.height)
                : new PngDrawing(picture.width, picture.height, DOTS_PER_PIXEL);
        picture.draw(drawing);
        WholeFile.write(file, drawing.bytes());
    }

    private static boolean isSvg(Path file) {
        return file.toString().toLowerCase(Locale.ROOT).endsWith(".svg");
    }

    private void draw(Drawing drawing) {
        drawing.text(MARGIN, 32, 17, Anchor.START, 0, INK, title);
        double side = classes * cell;
        drawing.rectangle(left, top, side, side, GROUND, "");
        drawing.text(left + side / 2, TITLE + 8, 12, Anchor.MIDDLE, 0, FAINT, "answer");
        drawing.text(MARGIN + 4, top + side / 2, 12, Anchor.MIDDLE, -90, FAINT, "true class");
        for (int c = 0; c < classes; c++) {
            double middle = (c + 0.5) * cell;
            String label = shown(matrix.labels().get(c));
            drawing.text(left - 6, top + middle + font * 0.35, font, Anchor.END, 0, INK, label);
            drawing.text(left + middle + font * 0.35, top - 6, font, Anchor.START, -90, INK, label);
        }
        for (int c = 10; c < classes; c += 10) {
            drawing.rectangle(left, top + c * cell - 0.5, side, 1, GUIDE, "");
            drawing.rectangle(left + c * cell - 0.5, top, 1, side, GUIDE, "");
        }
        for (int truth = 0; truth < classes; truth++) {
            for (int answer = 0; answer < classes; answer++) {
                if (matrix.count(truth, answer) > 0) {
                    drawCell(drawing, truth, answer);
                }
            }
        }
        drawLegend(drawing, left, top + side + 22);
        drawPairs(drawing, left + side + MARGIN);
    }

    private void drawCell(Drawing drawing, int truth, int answer) {
        int count = matrix.count(truth, answer);
        double share = (double) count / matrix.images(truth);
        double x = left + answer * cell;
        double y = top + truth * cell;
        String tip = String.format(
                Locale.ROOT,
                "%s answered %s: %d (%.1f %%)",
                matrix.labels().get(truth),
                matrix.labels().get(answer),
                count,
                100 * share);
        drawing.rectangle(x + 0.5, y + 0.5, cell - 1, cell - 1, shade(truth == answer ? RIGHT : WRONG, share), tip);
        String text = String.valueOf(count);
        if (text.length() * font * CHARACTER < cell) {
            int colour = Math.sqrt(share) > 0.55 ? 0xffffff : INK;
            drawing.text(x + cell / 2, y + cell / 2 + font * 0.35, font, Anchor.MIDDLE, 0, colour, text);
        }
    }

    private static void drawLegend(Drawing drawing, double x, double y) {
        int steps = 20;
        for (int step = 1; step <= steps; step++) {
            double share = (double) step / steps;
            drawing.rectangle(x + 48 + step * 8, y - 9, 8, 9, shade(RIGHT, share), "");
            drawing.rectangle(x + 48 + step * 8, y + 3, 8, 9, shade(WRONG, share), "");
        }
        drawing.text(x, y, 11, Anchor.START, 0, INK, "right");
        drawing.text(x, y + 12, 11, Anchor.START, 0, INK, "wrong");
        drawing.text(x + 56, y + 26, 11, Anchor.START, 0, FAINT, "0");
        drawing.text(x + 56 + steps * 8, y + 26, 11, Anchor.END, 0, FAINT, "100 % of the row");
    }

    private void drawPairs(Drawing drawing, double x) {
        double y = top + 12;
        drawing.text(x, y, 14, Anchor.START, 0, INK, pairs.isEmpty() ? "No image was confused." : "Most confused");
        for (ConfusedPair pair : pairs) {
            y += 20;
            drawing.text(x, y, 13, Anchor.START, 0, INK, text(pair));
        }
    }

    private static String text(ConfusedPair pair) {
        return String.format(
                Locale.ROOT,
                "%s as %s: %d (%.1f %%)",
                shown(pair.truth()),
                shown(pair.answer()),
                pair.images(),
                100 * pair.share());
    }

    private static String shown(String label) {
        return label.length() <= LONGEST_LABEL ? label : label.substring(0, LONGEST_LABEL - 1) + "\u2026";
    }

    private static int shade(int colour, double share) {
        double depth = 0.12 + 0.88 * Math.sqrt(share);
        int mixed = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            int full = (colour >> shift) & 0xff;
            mixed |= (int) Math.round(255 + (full - 255) * depth) << shift;
        }
        return mixed;
    }
}
