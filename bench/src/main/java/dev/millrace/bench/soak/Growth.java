package dev.millrace.bench.soak;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import java.util.Optional;

/**
 * How a figure went after the warm-up. Pure. It compares medians of two stretches of time: a single reading may fall into a
 * swap, when two models are in memory.
 *
 * @param before median of the first fifth after the warm-up
 * @param after median of the last fifth
 * @param perHour slope of the least-squares line through all readings after the warm-up
 */
@JsonPropertyOrder({"before", "after", "per_hour"})
record Growth(
        @JsonProperty("before") double before,
        @JsonProperty("after") double after,
        @JsonProperty("per_hour") double perHour) {
    private static final int STRETCHES = 5;
    private static final double SECONDS_PER_HOUR = 3600;

    /**
     * Measures it.
     *
     * @param readings in the order of time; those before {@code warmUpSeconds} are left out
     * @return nothing where no reading is left
     */
    static Optional<Growth> of(List<Reading> readings, double warmUpSeconds) {
        List<Reading> warm = readings.stream()
                .filter(reading -> reading.seconds() >= warmUpSeconds)
                .toList();
        if (warm.isEmpty()) {
            return Optional.empty();
        }
        int stretch = (warm.size() + STRETCHES - 1) / STRETCHES;
        return Optional.of(new Growth(
                median(warm.subList(0, stretch)),
                median(warm.subList(warm.size() - stretch, warm.size())),
                SECONDS_PER_HOUR * slope(warm)));
    }

    private static double median(List<Reading> readings) {
        double[] sorted = readings.stream().mapToDouble(Reading::value).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** In a second; 0 where all readings are of one moment. */
    private static double slope(List<Reading> readings) {
        double meanX = readings.stream().mapToDouble(Reading::seconds).average().orElse(0);
        double meanY = readings.stream().mapToDouble(Reading::value).average().orElse(0);
        double xx = 0;
        double xy = 0;
        for (Reading reading : readings) {
            double x = reading.seconds() - meanX;
            xx += x * x;
            xy += x * (reading.value() - meanY);
        }
        return xx == 0 ? 0 : xy / xx;
    }

    boolean exceeds(int bound) {
        return after - before > bound;
    }
}
