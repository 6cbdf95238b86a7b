package dev.millrace.trainer.card;

import dev.millrace.trainer.fit.EpochReport;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** Training loss and validation accuracy over the epochs, as an SVG image. */
public final class LearningCurve {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 320;
    private static final int MARGIN = 48;

    private LearningCurve() {}

    /**
     * Draws the curve.
     *
     * @param epochs at least one, in order
     */
    public static String svg(List<EpochReport> epochs) {
        double lowestTop1 = Math.floor(epochs.stream()
                                .mapToDouble(EpochReport::validationTop1)
                                .min()
                                .orElseThrow()
                        * 20)
                / 20;
        double highestLoss =
                epochs.stream().mapToDouble(EpochReport::trainingLoss).max().orElseThrow();
        return """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %2$d" font-family="sans-serif" font-size="12">
                <rect width="%1$d" height="%2$d" fill="white"/>
                <path d="M%3$d %3$d V%4$d H%5$d V%3$d" fill="none" stroke="#888"/>
                <polyline points="%6$s" fill="none" stroke="#1f6f8b" stroke-width="2"/>
                <polyline points="%7$s" fill="none" stroke="#c0562f" stroke-width="2"/>
                <text x="4" y="28" fill="#1f6f8b">validation top-1, %8$s to 100 %%</text>
                <text x="%5$d" y="28" fill="#c0562f" text-anchor="end">training loss, 0 to %9$s</text>
                <text x="%10$d" y="%11$d" text-anchor="middle">epoch 1 to %12$d</text>
                </svg>
                """.formatted(
                        WIDTH,
                        HEIGHT,
                        MARGIN,
                        HEIGHT - MARGIN,
                        WIDTH - MARGIN,
                        points(epochs, report -> (report.validationTop1() - lowestTop1) / (1 - lowestTop1)),
                        points(epochs, report -> report.trainingLoss() / highestLoss),
                        String.format(Locale.ROOT, "%.0f", 100 * lowestTop1),
                        String.format(Locale.ROOT, "%.2f", highestLoss),
                        WIDTH / 2,
                        HEIGHT - 16,
                        epochs.size());
    }

    /** {@code height}: 0 at the bottom of the frame, 1 at its top. */
    private static String points(List<EpochReport> epochs, ToDoubleFunction<EpochReport> height) {
        double step = (WIDTH - 2.0 * MARGIN) / Math.max(1, epochs.size() - 1);
        return epochs.stream()
                .map(report -> String.format(
                        Locale.ROOT,
                        "%.1f,%.1f",
                        MARGIN + (report.epoch() - 1) * step,
                        HEIGHT - MARGIN - height.applyAsDouble(report) * (HEIGHT - 2 * MARGIN)))
                .collect(Collectors.joining(" "));
    }
}
