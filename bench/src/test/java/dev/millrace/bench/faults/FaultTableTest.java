package dev.millrace.bench.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.bench.faults.history.Verdict;
import dev.millrace.bench.faults.scenario.Faults;
import dev.millrace.worker.delivery.DeliveryMode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class FaultTableTest {
    private static final FaultSummary ROW = new FaultSummary(
            "worker-killed",
            "at-least-once",
            List.of(verdict(300, 40), verdict(200, 10), verdict(100, 70)),
            42,
            List.of());

    @Test
    void sumsTheRunsUp() {
        JsonNode json = new JsonMapper().valueToTree(ROW);
        assertThat(json.get("runs").asInt()).isEqualTo(3);
        assertThat(json.get("requests").asInt()).isEqualTo(600);
        assertThat(json.get("lost").asInt()).isZero();
        assertThat(json.get("duplicated").asInt()).isEqualTo(6);
        assertThat(json.get("recovery_ms_p50").asLong()).isEqualTo(40);
        assertThat(json.get("recovery_ms_max").asLong()).isEqualTo(70);
        assertThat(json.get("seed").asLong()).isEqualTo(42);
        assertThat(json.has("verdicts")).isFalse();
    }

    @Test
    void fitsEightyColumnsWithTheLongestNames() {
        List<FaultSummary> rows = Faults.names().stream()
                .map(name -> new FaultSummary(
                        name, DeliveryMode.AT_LEAST_ONCE.toString(), List.of(verdict(99_999, 99_999)), 1, List.of()))
                .toList();
        StringWriter out = new StringWriter();
        FaultTable.print(rows, new PrintWriter(out));
        assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80).hasSizeGreaterThan(rows.size());
    }

    private static Verdict verdict(int requests, long recoveryMillis) {
        return new Verdict(requests, 0, 2, recoveryMillis, List.of());
    }
}
