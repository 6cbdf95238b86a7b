package dev.millrace.bench.soak;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Every measure of every process over time, one frame per measure, as an SVG image. All frames begin at zero. Pure. */
final class SoakChart {
    private static final int WIDTH = 800;
    private static final int HEIGHT = 150;
    private static final int LEFT = 56;
    private static final int RIGHT = 784;
    private static final int HEAD = 76;
    private static final int GAP = 40;
    private static final int LINES = 4;
    private static final List<String> COLOURS = List.of("#1f6f8b", "#c0562f", "#5b8c3a", "#7a5ba6");

    private final SoakReport report;
    private final double seconds;

    private SoakChart(SoakReport report) {
        this.report = report;
        this.seconds = report.plan().length().toMillis() / 1_000.0;
    }

    /** Draws it. */
    static String svg(SoakReport report) {
        return new SoakChart(report).draw();
    }

    private String draw() {
        StringBuilder svg = new StringBuilder();
        Measure[] measures = Measure.values();
        int height = HEAD + measures.length * (HEIGHT + GAP) + 8;
        add(svg, """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %2$d" font-family="sans-serif" font-size="12">
                <rect width="%1$d" height="%2$d" fill="white"/>
                """, WIDTH, height);
        head(svg);
        int top = HEAD;
        for (Measure measure : measures) {
            frame(svg, measure, top);
            top += HEIGHT + GAP;
        }
        add(
                svg,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">minutes</text>%n</svg>%n",
                (LEFT + RIGHT) / 2,
                height - 6);
        return svg.toString();
    }

    private void head(StringBuilder svg) {
        add(
                svg,
                "<text x=\"%d\" y=\"20\" font-size=\"14\">%s, %d requests/s; grey: warm-up, dotted: a new model"
                        + " version</text>%n",
                LEFT,
                report.mode(),
                report.perSecond());
        int x = LEFT;
        for (int i = 0; i < report.processes().size(); i++) {
            String name = report.processes().get(i).name();
            add(svg, "<text x=\"%d\" y=\"40\" fill=\"%s\">%s</text>%n", x, colour(i), name);
            x += 100;
        }
    }

    private void frame(StringBuilder svg, Measure measure, int top) {
        double step = step(report.processes().stream()
                .flatMap(row -> row.readings(measure).stream())
                .mapToDouble(Reading::value)
                .max()
                .orElse(1));
        int bottom = top + HEIGHT;
        add(
                svg,
                "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#eee\"/>%n",
                LEFT,
                top,
                x(report.plan().warmUp().toMillis() / 1_000.0) - LEFT,
                HEIGHT);
        for (int line = 0; line <= LINES; line++) {
            double y = bottom - (double) line / LINES * HEIGHT;
            add(svg, "<path d=\"M%d %.1f H%d\" stroke=\"#ddd\"/>%n", LEFT, y, RIGHT);
            add(svg, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.0f</text>%n", LEFT - 4, y + 4, line * step);
        }
        for (SoakReport.Swap swap : report.swaps()) {
            add(
                    svg,
                    "<path d=\"M%.1f %d V%d\" stroke=\"#999\" stroke-dasharray=\"1 3\"/>%n",
                    x(swap.seconds()),
                    top,
                    bottom);
        }
        add(svg, "<text x=\"%d\" y=\"%d\" font-weight=\"bold\">%s</text>%n", LEFT, top - 6, measure.title());
        for (int i = 0; i < report.processes().size(); i++) {
            String points = report.processes().get(i).readings(measure).stream()
                    .map(reading -> String.format(
                            Locale.ROOT,
                            "%.1f,%.1f",
                            x(reading.seconds()),
                            bottom - reading.value() / (LINES * step) * HEIGHT))
                    .collect(Collectors.joining(" "));
            add(svg, "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>%n", points, colour(i));
        }
        double minutes = step(seconds / 60);
        for (int tick = 0; tick <= LINES && tick * minutes * 60 <= seconds; tick++) {
            add(
                    svg,
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
                    x(tick * minutes * 60),
                    bottom + 16,
                    number(tick * minutes));
        }
    }

    private double x(double at) {
        return LEFT + Math.min(1, at / seconds) * (RIGHT - LEFT);
    }

    private static String colour(int process) {
        return COLOURS.get(process % COLOURS.size());
    }

    /** Whole, or with one digit. */
    static String number(double value) {
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.format(Locale.ROOT, "%.1f", value);
    }

    /** The smallest of 1, 2, 5 times a power of ten of which {@link #LINES} reach {@code most}. */
    static double step(double most) {
        double least = Math.max(most, 0.1) / LINES;
        double power = Math.pow(10, Math.floor(Math.log10(least)));
        for (int digit : new int[] {1, 2, 5}) {
            if (digit * power >= least) {
                return digit * power;
            }
        }
        return 10 * power;
    }

    private static void add(StringBuilder svg, String format, Object... arguments) {
        svg.append(String.format(Locale.ROOT, format, arguments));
    }
}
