package dev.millrace.bench.soak;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a soak came to.
 *
 * @param swaps versions that were published while the load was on
 * @param p50 of the latency after the warm-up, in milliseconds
 * @param p99 of the same
 * @param processes in the order of the table
 * @param failures what must not be; empty where all went well
 */
@JsonPropertyOrder({
    "mode",
    "seed",
    "minutes",
    "per_second",
    "swap_s",
    "requests",
    "lost",
    "duplicated",
    "swaps",
    "latency_ms_p50",
    "latency_ms_p99",
    "processes",
    "failures"
})
record SoakReport(
        @JsonIgnore SoakPlan plan,
        @JsonProperty("requests") int requests,
        @JsonProperty("lost") int lost,
        @JsonProperty("duplicated") int duplicated,
        @JsonIgnore List<Swap> swaps,
        @JsonProperty("latency_ms_p50") double p50,
        @JsonProperty("latency_ms_p99") double p99,
        @JsonProperty("processes") List<Row> processes,
        @JsonProperty("failures") List<String> failures) {
    SoakReport {
        swaps = List.copyOf(swaps);
        processes = List.copyOf(processes);
        failures = List.copyOf(failures);
    }

    /**
     * A version that was published.
     *
     * @param seconds since the soak began
     * @param dueSeconds when every worker should answer with it, or with a newer one
     */
    record Swap(double seconds, int version, double dueSeconds) {}

    /**
     * How one process went.
     *
     * @param readings of every measure
     * @param growth of those that were read after the warm-up
     */
    @JsonPropertyOrder({"name", "growth"})
    record Row(
            @JsonProperty("name") String name,
            @JsonIgnore Map<Measure, List<Reading>> readings,
            @JsonProperty("growth") Map<Measure, Growth> growth) {
        static Row of(Watched process, double warmUpSeconds) {
            Map<Measure, List<Reading>> readings = new EnumMap<>(Measure.class);
            Map<Measure, Growth> growth = new EnumMap<>(Measure.class);
            for (Measure measure : Measure.values()) {
                readings.put(measure, process.readings(measure));
                Growth.of(process.readings(measure), warmUpSeconds).ifPresent(of -> growth.put(measure, of));
            }
            return new Row(process.name(), readings, growth);
        }

        /** In the order of time; empty for what was never read. */
        List<Reading> readings(Measure measure) {
            return readings.getOrDefault(measure, List.of());
        }
    }

    @JsonProperty("mode")
    String mode() {
        return plan.mode().toString();
    }

    @JsonProperty("seed")
    long seed() {
        return plan.seed();
    }

    @JsonProperty("minutes")
    double minutes() {
        return plan.length().toSeconds() / 60.0;
    }

    @JsonProperty("per_second")
    int perSecond() {
        return plan.perSecond();
    }

    @JsonProperty("swap_s")
    long swapSeconds() {
        return plan.swap().toSeconds();
    }

    @JsonProperty("swaps")
    int swapCount() {
        return swaps.size();
    }

    /** Judges it: {@code failures}, whatever grew, and whoever did not change to a version. */
    static SoakReport of(
            SoakPlan plan, Traffic traffic, List<Swap> swaps, List<Watched> watched, List<String> failures) {
        double warmUpSeconds = plan.warmUp().toMillis() / 1_000.0;
        List<Row> rows =
                watched.stream().map(process -> Row.of(process, warmUpSeconds)).toList();
        List<String> all = new ArrayList<>(failures);
        for (int i = 0; i < rows.size(); i++) {
            all.addAll(grown(watched.get(i), rows.get(i)));
        }
        all.addAll(late(swaps, traffic.versions(), plan.length().toMillis() / 1_000.0));
        return new SoakReport(
                plan,
                traffic.requests(),
                traffic.lost(),
                traffic.duplicated(),
                swaps,
                traffic.latencyMillis(50),
                traffic.latencyMillis(99),
                rows,
                all);
    }

    private static List<String> grown(Watched process, Row row) {
        return row.growth().entrySet().stream()
                .filter(entry -> process.judges(entry.getKey())
                        && entry.getValue().exceeds(entry.getKey().bound()))
                .map(entry -> String.format(
                        Locale.ROOT,
                        "%s, %s: %.1f after %.1f at the end of the warm-up (expected: at most %d more)",
                        process.name(),
                        entry.getKey().title(),
                        entry.getValue().after(),
                        entry.getValue().before(),
                        entry.getKey().bound()))
                .toList();
    }

    /** Workers that answered with nothing as new as the last version that was due by {@code end}. */
    static List<String> late(List<Swap> swaps, Map<String, Integer> newest, double end) {
        int due = swaps.stream()
                .filter(swap -> swap.dueSeconds() <= end)
                .mapToInt(Swap::version)
                .max()
                .orElse(0);
        return newest.entrySet().stream()
                .filter(worker -> worker.getValue() < due)
                .map(worker -> worker.getKey() + ", model: version " + worker.getValue() + " at the end (expected: "
                        + due + " or newer)")
                .sorted()
                .toList();
    }
}
