package dev.millrace.trainer.judge;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** One figure of both versions over time, as an SVG image. */
final class Chart {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 200;
    private static final int LEFT = 64;
    private static final int RIGHT = WIDTH - 16;
    private static final int TOP = 32;
    private static final int BOTTOM = HEIGHT - 32;
    private static final int LINES = 4;

    /** Room above and below, so that no two lines are called the same though their two decimals are all that is shown. */
    private static final double LEAST_MICROS = 40;

    private static final double LEAST_SHARE = 1e-3;
    private static final String CHAMPION = "#1f6f8b";
    private static final String CHALLENGER = "#c0562f";

    private final Figure figure;
    private final List<TrialReport.Point> points;
    private final Instant start;
    private final double seconds;
    private final double low;
    private final double high;

    /** @param points in order, with at least one value of the figure among them */
    Chart(Figure figure, List<TrialReport.Point> points) {
        this.figure = figure;
        this.points = points;
        start = points.get(0).at();
        seconds = Math.max(
                1, Duration.between(start, points.get(points.size() - 1).at()).toMillis() / 1000.0);
        double[] values = points.stream()
                .flatMapToDouble(point -> point.of(figure).values().stream().mapToDouble(Double::doubleValue))
                .toArray();
        double lowest = Double.POSITIVE_INFINITY;
        double highest = Double.NEGATIVE_INFINITY;
        for (double value : values) {
            lowest = Math.min(lowest, value);
            highest = Math.max(highest, value);
        }
        double least = figure.isTime() ? LEAST_MICROS : LEAST_SHARE;
        double room = Math.max((highest - lowest) / 10, Math.max(highest * 0.02, least));
        low = Math.max(0, lowest - room);
        high = figure.isTime() ? highest + room : Math.min(1, highest + room);
    }

    String svg() {
        StringBuilder svg = new StringBuilder();
        add(
                svg,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" font-family=\"sans-serif\""
                        + " font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
                WIDTH,
                HEIGHT,
                WIDTH);
        add(svg, "<text x=\"%d\" y=\"20\" fill=\"#222\">%s</text>\n", LEFT, figure.key());
        add(svg, "<text x=\"%d\" y=\"20\" text-anchor=\"end\" fill=\"%s\">champion</text>\n", RIGHT - 80, CHAMPION);
        add(svg, "<text x=\"%d\" y=\"20\" text-anchor=\"end\" fill=\"%s\">challenger</text>\n", RIGHT, CHALLENGER);
        for (int line = 0; line <= LINES; line++) {
            double value = low + (high - low) * line / LINES;
            add(svg, "<path d=\"M%d %.1f H%d\" stroke=\"#ddd\"/>\n", LEFT, y(value), RIGHT);
            add(
                    svg,
                    "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" fill=\"#555\">%s</text>\n",
                    LEFT - 6,
                    y(value) + 4,
                    figure.own(value));
        }
        add(svg, "<text x=\"%d\" y=\"%d\" fill=\"#555\">%.0f s</text>\n", LEFT, HEIGHT - 10, 0.0);
        add(
                svg,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"end\" fill=\"#555\">%.0f s</text>\n",
                RIGHT,
                HEIGHT - 10,
                seconds);
        curve(svg, "champion", CHAMPION);
        curve(svg, "challenger", CHALLENGER);
        return svg.append("</svg>\n").toString();
    }

    /** One value alone is a dot. */
    private void curve(StringBuilder svg, String version, String colour) {
        StringBuilder line = new StringBuilder();
        double lastX = 0;
        double lastY = 0;
        for (TrialReport.Point point : points) {
            Double value = point.of(figure).get(version);
            if (value != null) {
                lastX = x(point.at());
                lastY = y(value);
                add(line, "%.1f,%.1f ", lastX, lastY);
            }
        }
        if (!line.isEmpty()) {
            add(
                    svg,
                    "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n",
                    line.toString().strip(),
                    colour);
            add(svg, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", lastX, lastY, colour);
        }
    }

    private double x(Instant at) {
        return LEFT + (RIGHT - LEFT) * Duration.between(start, at).toMillis() / 1000.0 / seconds;
    }

    private double y(double value) {
        return BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low);
    }

    private static void add(StringBuilder to, String format, Object... values) {
        to.append(String.format(Locale.ROOT, format, values));
    }
}
