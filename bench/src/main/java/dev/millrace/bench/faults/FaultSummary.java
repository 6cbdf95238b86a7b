package dev.millrace.bench.faults;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.millrace.bench.faults.history.Verdict;
import java.util.List;

/**
 * All runs of one fault in one mode.
 *
 * @param failures what went wrong, with seed and history; empty where all went well
 */
@JsonPropertyOrder({
    "fault",
    "mode",
    "runs",
    "requests",
    "lost",
    "duplicated",
    "recovery_ms_p50",
    "recovery_ms_max",
    "seed",
    "failures"
})
record FaultSummary(String fault, String mode, @JsonIgnore List<Verdict> verdicts, long seed, List<String> failures) {
    FaultSummary {
        verdicts = List.copyOf(verdicts);
        failures = List.copyOf(failures);
    }

    @JsonProperty("runs")
    int runs() {
        return verdicts.size();
    }

    @JsonProperty("requests")
    int requests() {
        return verdicts.stream().mapToInt(Verdict::requests).sum();
    }

    @JsonProperty("lost")
    int lost() {
        return verdicts.stream().mapToInt(Verdict::lost).sum();
    }

    @JsonProperty("duplicated")
    int duplicated() {
        return verdicts.stream().mapToInt(Verdict::duplicated).sum();
    }

    @JsonProperty("recovery_ms_p50")
    long recoveryMillisP50() {
        List<Long> sorted = recoveries();
        return sorted.isEmpty() ? 0 : sorted.get((sorted.size() - 1) / 2);
    }

    @JsonProperty("recovery_ms_max")
    long recoveryMillisMax() {
        List<Long> sorted = recoveries();
        return sorted.isEmpty() ? 0 : sorted.get(sorted.size() - 1);
    }

    private List<Long> recoveries() {
        return verdicts.stream().map(Verdict::recoveryMillis).sorted().toList();
    }
}
