package dev.millrace.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.bench.faults.history.Verdict;
import dev.millrace.bench.process.Holdings;
import dev.millrace.bench.soak.SoakReport.Swap;
import dev.millrace.worker.delivery.DeliveryMode;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class SoakReportTest {
    private static final SoakPlan PLAN =
            new SoakPlan(DeliveryMode.AT_LEAST_ONCE, Duration.ofMinutes(20), 100, Duration.ofSeconds(60), 42);

    @Test
    void findsNothingWrongWithWhatStaysAsItWas() {
        assertThat(report(List.of(worker(minute -> 150))).failures()).isEmpty();
    }

    @Test
    void saysWhichWorkerLeaks() {
        SoakReport report = report(List.of(worker(minute -> 150 + minute)));
        assertThat(report.failures())
                .containsExactly("worker-1, descriptors: 167.5 after 155.5 at the end of the warm-up"
                        + " (expected: at most 2 more)");
    }

    @Test
    void judgesNothingOfTheHarnessItself() {
        Watched bench = new Watched("bench", 1, Set.of());
        fill(bench, minute -> 150 + minute);
        assertThat(report(List.of(bench)).failures()).isEmpty();
    }

    @Test
    void hasTheFieldsThatScriptsRead() throws Exception {
        JsonNode json =
                new JsonMapper().readTree(new JsonMapper().writeValueAsString(report(List.of(worker(minute -> 150)))));
        assertThat(json.get("mode").asText()).isEqualTo("at-least-once");
        assertThat(json.get("seed").asLong()).isEqualTo(42);
        assertThat(json.get("minutes").asDouble()).isEqualTo(20);
        assertThat(json.get("requests").asInt()).isEqualTo(120_000);
        assertThat(json.get("lost").asInt()).isZero();
        assertThat(json.get("duplicated").asInt()).isZero();
        assertThat(json.get("swaps").asInt()).isEqualTo(1);
        assertThat(json.get("failures").isEmpty()).isTrue();
        JsonNode worker = json.get("processes").get(0);
        assertThat(worker.get("name").asText()).isEqualTo("worker-1");
        assertThat(worker.get("growth").get("descriptors").get("after").asInt()).isEqualTo(150);
        assertThat(worker.get("growth").get("rss_mib").get("per_hour").asDouble())
                .isZero();
        assertThat(worker.has("readings")).isFalse();
        assertThat(json.has("plan")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"1, 2, ''", "1, 1, 'worker-2, model: version 1 at the end (expected: 2 or newer)'", "3, 3, ''"})
    void saysWhoDidNotChangeToADueVersion(int ofOne, int ofTwo, String expected) {
        List<Swap> swaps = List.of(new Swap(10, 2, 40), new Swap(90, 3, 120));
        List<String> late = SoakReport.late(swaps, Map.of("worker-1", ofOne + 1, "worker-2", ofTwo), 100);
        assertThat(String.join("\n", late)).isEqualTo(expected);
    }

    @Test
    void fitsEightyColumnsWithTheLargestFigures() {
        StringWriter out = new StringWriter();
        Watched worker = worker(minute -> 99_999 * (minute % 2));
        worker.add(300, Measure.HEAP, 99_999.9);
        worker.add(1200, Measure.HEAP, 0);
        Verdict most = new Verdict(9_999_999, 99_999, 99_999, 0, List.of());
        SoakTable.print(report(List.of(worker), most), new PrintWriter(out));
        assertThat(out.toString().lines())
                .allMatch(line -> line.length() <= 80)
                .anyMatch(line -> line.startsWith("worker-1  live heap, MiB"));
    }

    @Test
    void drawsALineOfEachProcessInEachFrame() throws Exception {
        String svg = SoakChart.svg(report(List.of(worker(minute -> 150), worker(minute -> 160))));
        Document image =
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
        assertThat(image.getElementsByTagName("polyline").getLength()).isEqualTo(2 * Measure.values().length);
    }

    @ParameterizedTest
    @CsvSource({"3, 1", "4, 1", "5, 2", "434, 200", "20, 5", "0.5, 0.2", "0, 0.05"})
    void fourStepsReachTheMost(double most, double step) {
        assertThat(SoakChart.step(most)).isEqualTo(step);
    }

    private static Watched worker(IntUnaryOperator descriptors) {
        Watched worker = new Watched("worker-1", 1, EnumSet.allOf(Measure.class));
        fill(worker, descriptors);
        return worker;
    }

    /** One reading a minute. */
    private static void fill(Watched process, IntUnaryOperator descriptors) {
        for (int minute = 0; minute < 20; minute++) {
            process.add(60.0 * minute, new Holdings(430, descriptors.applyAsInt(minute), 33));
        }
    }

    private static SoakReport report(List<Watched> watched) {
        return report(watched, new Verdict(120_000, 0, 0, 0, List.of()));
    }

    private static SoakReport report(List<Watched> watched, Verdict verdict) {
        Traffic traffic = new Traffic();
        traffic.add(List.of(), verdict, true);
        return SoakReport.of(PLAN, traffic, List.of(new Swap(60, 2, 90)), watched, List.of());
    }
}
