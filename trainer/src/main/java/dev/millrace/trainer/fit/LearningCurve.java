package dev.millrace.trainer.fit;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * Training loss and validation accuracy over the epochs, as an SVG image. Written as text: it needs no fonts, which a container that
 * trains may not have.
 */
final class LearningCurve {
    private static final int WIDTH = 720;
    private static final int HEIGHT = 360;
    private static final int SIDE = 56;
    private static final int TOP = 48;
    private static final int BOTTOM = HEIGHT - 48;
    private static final int GRID_LINES = 5;
    private static final String TOP1 = "#1f6f8b";
    private static final String LOSS = "#c0562f";

    private final List<EpochReport> epochs;
    private final int planned;
    private final double lowestTop1;
    private final double highestLoss;

    private LearningCurve(List<EpochReport> epochs, int planned) {
        this.epochs = epochs;
        this.planned = planned;
        double lowest =
                epochs.stream().mapToDouble(EpochReport::validationTop1).min().orElseThrow();
        this.lowestTop1 = lowest >= 0.9 ? 0.9 : lowest >= 0.5 ? 0.5 : 0;
        double highest =
                epochs.stream().mapToDouble(EpochReport::trainingLoss).max().orElseThrow();
        this.highestLoss = Math.ceil(highest * 2) / 2;
    }

    /**
     * Draws the curve.
     *
     * @param epochs at least one, in order
     * @param planned epochs of the whole run
     * @param title above it
     */
    static String svg(List<EpochReport> epochs, int planned, String title) {
        return new LearningCurve(epochs, planned).draw(title);
    }

    private String draw(String title) {
        StringBuilder svg = new StringBuilder();
        add(svg, """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %2$d" font-family="sans-serif" font-size="12">
                <rect width="%1$d" height="%2$d" fill="white"/>
                """, WIDTH, HEIGHT);
        text(svg, SIDE, 18, "start", "#222", title);
        text(svg, SIDE, 38, "start", TOP1, "validation top-1");
        text(svg, WIDTH - SIDE, 38, "end", LOSS, "training loss");
        for (int line = 0; line <= GRID_LINES; line++) {
            double share = (double) line / GRID_LINES;
            double y = BOTTOM - share * (BOTTOM - TOP);
            add(svg, "<path d=\"M%d %.1f H%d\" stroke=\"#ddd\"/>%n", SIDE, y, WIDTH - SIDE);
            text(svg, SIDE - 6, y + 4, "end", TOP1, "%.0f %%", 100 * (lowestTop1 + share * (1 - lowestTop1)));
            text(svg, WIDTH - SIDE + 6, y + 4, "start", LOSS, "%.1f", share * highestLoss);
        }
        int every = Math.max(1, (int) Math.ceil(planned / 10.0));
        for (int epoch = every; epoch <= planned; epoch += every) {
            text(svg, x(epoch), BOTTOM + 18, "middle", "#222", "%d", epoch);
        }
        text(svg, WIDTH / 2.0, HEIGHT - 10, "middle", "#222", "epoch");
        curve(svg, LOSS, report -> report.trainingLoss() / highestLoss);
        curve(svg, TOP1, report -> (report.validationTop1() - lowestTop1) / (1 - lowestTop1));
        return svg.append("</svg>\n").toString();
    }

    /** {@code height}: 0 at the bottom of the frame, 1 at its top. One epoch alone is a dot. */
    private void curve(StringBuilder svg, String colour, ToDoubleFunction<EpochReport> height) {
        String points = epochs.stream()
                .map(report ->
                        format("%.1f,%.1f", x(report.epoch()), BOTTOM - height.applyAsDouble(report) * (BOTTOM - TOP)))
                .collect(Collectors.joining(" "));
        add(
                svg,
                "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\" stroke-linecap=\"round\"/>%n",
                epochs.size() == 1 ? points + " " + points : points,
                colour);
    }

    private double x(int epoch) {
        return SIDE + (epoch - 1) * (WIDTH - 2.0 * SIDE) / Math.max(1, planned - 1);
    }

    private static void text(
            StringBuilder svg, double x, double y, String anchor, String colour, String text, Object... values) {
        add(svg, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">", x, y, anchor, colour);
        svg.append(values.length == 0 ? text : format(text, values)).append("</text>\n");
    }

    private static void add(StringBuilder svg, String text, Object... values) {
        svg.append(format(text, values));
    }

    private static String format(String text, Object... values) {
        return String.format(Locale.ROOT, text, values);
    }
}
