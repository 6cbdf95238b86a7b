package dev.millrace.infra.demo;

import dev.millrace.producer.Answer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** Distribution of the time in every stage, 1 us to 10 min at three digits. One thread, or its owner's lock. */
final class StageTimes {
    private static final long LONGEST_MICROS = Duration.ofMinutes(10).toNanos() / 1_000;
    private static final int DIGITS = 3;

    private final Map<Stage, Histogram> histograms = new EnumMap<>(Stage.class);

    StageTimes() {
        for (Stage stage : Stage.values()) {
            histograms.put(stage, new Histogram(LONGEST_MICROS, DIGITS));
        }
    }

    void record(Answer answer) {
        histograms.forEach((stage, histogram) ->
                histogram.recordValue(Math.min(LONGEST_MICROS, Math.max(0, stage.micros(answer)))));
    }

    Map<Stage, Percentiles> percentiles() {
        Map<Stage, Percentiles> percentiles = new EnumMap<>(Stage.class);
        histograms.forEach((stage, histogram) -> percentiles.put(
                stage, new Percentiles(millis(histogram, 50), millis(histogram, 95), millis(histogram, 99))));
        return percentiles;
    }

    private static double millis(Histogram histogram, double percentile) {
        return histogram.getValueAtPercentile(percentile) / 1_000.0;
    }

    /** In milliseconds. */
    record Percentiles(double p50, double p95, double p99) {}
}
