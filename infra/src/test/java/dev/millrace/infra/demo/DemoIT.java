package dev.millrace.infra.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.infra.CommandProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The demo as a user runs it: its own process, a real broker, a real worker, the bundled model and images. */
class DemoIT {
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final String BUNDLED = "bundled:fashion-mnist";

    @TempDir
    Path folder;

    @Test
    void answersEveryBundledImageAsAccuratelyAsEvaluateAndLeavesNothing() throws Exception {
        JsonNode report;
        try (CommandProcess demo = CommandProcess.start(folder, "demo", "--json")) {
            assertThat(demo.awaitExit(LIMIT)).as(demo.toString()).isZero();
            report = demo.json();
        }
        JsonNode evaluation;
        try (CommandProcess evaluate =
                CommandProcess.start(folder, "evaluate", BUNDLED, "--dataset", BUNDLED, "--json")) {
            assertThat(evaluate.awaitExit(LIMIT)).as(evaluate.toString()).isZero();
            evaluation = evaluate.json();
        }

        assertThat(report.get("images").asInt()).isEqualTo(2_000);
        assertThat(report.get("ok").asInt()).isEqualTo(2_000);
        assertThat(List.of("rejected", "expired", "failed"))
                .allSatisfy(status -> assertThat(report.get(status).asInt()).isZero());
        assertThat(evaluation.get("images").asInt()).isEqualTo(2_000);
        assertThat(report.get("accuracy").asDouble())
                .isCloseTo(evaluation.get("top1").asDouble(), within(1e-9))
                .isGreaterThan(0.9);
        assertThat(report.get("images_per_second").asDouble()).isPositive();
        for (String stage : List.of("queue", "decode", "infer", "publish", "end_to_end")) {
            JsonNode times = report.get("stages").get(stage);
            assertThat(times.get("p50_ms").asDouble()).isPositive();
            assertThat(times.get("p95_ms").asDouble())
                    .isGreaterThanOrEqualTo(times.get("p50_ms").asDouble());
            assertThat(times.get("p99_ms").asDouble())
                    .isGreaterThanOrEqualTo(times.get("p95_ms").asDouble());
        }
        JsonNode model = report.get("model");
        assertThat(model.get("name").asText()).isEqualTo("fashion-mnist");
        assertThat(model.get("version").asInt()).isEqualTo(1);
        assertThat(model.get("sha256").asText()).matches("[0-9a-f]{64}");
        assertThat(model.get("precision").asText()).isEqualTo("int8");
        assertThat(model.get("device").asText()).startsWith("cpu:");
        assertThat(model.get("bytes").asLong()).isBetween(100_000L, 1_000_000L);
        assertNothingIsLeft();
    }

    @Test
    void staysUpWhenAskedAndStopsCleanlyOnCtrlC() throws Exception {
        try (CommandProcess demo =
                CommandProcess.start(folder, "demo", "--keep", "--images", "100", "--workers", "2")) {
            demo.awaitOutput("^Ctrl-C stops everything", LIMIT);
            assertThat(demo.output()).contains("100 OK").containsPattern("worker +http://127.0.0.1:\\d+/health/ready");

            demo.pressCtrlC();

            assertThat(demo.awaitExit(LIMIT)).isEqualTo(130);
            assertThat(demo.errors()).doesNotContain("Exception");
            assertNothingIsLeft();
        }
    }

    @Test
    void tellsThatAWorkerDiedStopsTheRestAndKeepsTheLogs() throws Exception {
        try (CommandProcess demo = CommandProcess.start(folder, "demo", "--keep", "--images", "100")) {
            demo.awaitOutput("^Ctrl-C stops everything", LIMIT);
            ProcessHandle worker = children("worker-1").findFirst().orElseThrow();

            worker.destroyForcibly();

            assertThat(demo.awaitExit(LIMIT)).isEqualTo(1);
            assertThat(demo.errors()).contains("worker-1 ended with exit code 137", "All logs: ");
            assertThat(children("")).isEmpty();
            try (Stream<Path> left = Files.walk(folder.resolve("tmp"))) {
                assertThat(left.filter(Files::isRegularFile)
                                .map(file -> file.getFileName().toString()))
                        .containsExactlyInAnyOrder("broker.log", "worker-1.log");
            }
        }
    }

    @Test
    void childrenEndWhenTheDemoIsKilled() throws Exception {
        try (CommandProcess demo = CommandProcess.start(folder, "demo", "--keep", "--images", "100")) {
            demo.awaitOutput("^Ctrl-C stops everything", LIMIT);
            assertThat(children("")).hasSizeGreaterThanOrEqualTo(2);

            demo.kill();

            org.awaitility.Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> children("").findAny().isEmpty());
        }
    }

    @Test
    void showsVersionsComeAndGoAndLosesNothing() throws Exception {
        try (CommandProcess demo = CommandProcess.start(folder, "demo", "--rollout", "--json")) {
            assertThat(demo.awaitExit(LIMIT.multipliedBy(3)))
                    .as(demo.toString())
                    .isZero();
            JsonNode report = demo.json();
            assertThat(report.get("requests").asLong()).isGreaterThan(1_000);
            assertThat(report.get("answered")).isEqualTo(report.get("requests"));
            assertThat(report.get("duplicated").asInt()).isZero();
            assertThat(report.get("promoted").asInt()).isEqualTo(2);
            assertThat(report.get("rolled_back").asInt()).isEqualTo(3);
            assertThat(report.get("refused")).hasSize(3);
            assertThat(report.get("share_asked").asDouble()).isEqualTo(0.1);
            assertThat(report.get("share_measured").asDouble()).isBetween(0.02, 0.15);
            assertThat(report.get("swap_gap_ms_max").asDouble()).isPositive();
            assertThat(report.get("p99_ms_before").asDouble()).isPositive();
            assertThat(report.get("p99_ms_during").asDouble()).isPositive();
            assertThat(demo.errors())
                    .contains("version 2 promoted", "version 3 rolled back")
                    .doesNotContain("Exception");
        }
        assertNothingIsLeft();
    }

    /** Takes minutes, and a data set that may have to be downloaded. */
    @Test
    @EnabledIfSystemProperty(named = "millrace.faults.all", matches = "true")
    void retrainsFromTheStreamWhenItsImagesBecomeOthers() throws Exception {
        try (CommandProcess demo = CommandProcess.start(folder, "demo", "--drift", "--json")) {
            assertThat(demo.awaitExit(LIMIT.multipliedBy(3)))
                    .as(demo.toString())
                    .isZero();
            JsonNode report = demo.json();
            assertThat(report.get("requests").asLong()).isGreaterThan(1_000);
            assertThat(report.get("answered")).isEqualTo(report.get("requests"));
            double before = report.get("accuracy_before").asDouble();
            assertThat(before).isGreaterThan(0.7);
            assertThat(report.get("accuracy_shifted").asDouble()).isLessThan(before - 0.2);
            assertThat(report.get("accuracy_after").asDouble()).isGreaterThan(before - 0.02);
            assertThat(report.get("drift_detected_after_s").asDouble()).isPositive();
            assertThat(report.get("published").asInt()).isEqualTo(2);
            assertThat(report.get("promoted").asInt()).isEqualTo(2);
        }
        assertNothingIsLeft();
    }

    @Test
    void refusesWrongUsageBeforeItStartsAnything() throws Exception {
        try (CommandProcess demo = CommandProcess.start(folder, "demo", "--dataset", "imagenet")) {
            assertThat(demo.awaitExit(LIMIT)).isEqualTo(2);
            assertThat(demo.errors()).contains("data set: imagenet (expected: ");
            assertNothingIsLeft();
        }
        try (CommandProcess demo = CommandProcess.start(folder, "demo", "--rollout", "--keep")) {
            assertThat(demo.awaitExit(LIMIT)).isEqualTo(2);
            assertThat(demo.errors())
                    .contains("--rollout: with --images, --dataset, --model or --keep (expected: without");
            assertNothingIsLeft();
        }
    }

    private void assertNothingIsLeft() throws IOException {
        assertThat(children("")).isEmpty();
        try (Stream<Path> left = Files.list(folder.resolve("tmp"))) {
            assertThat(left).isEmpty();
        }
    }

    /** Processes that work in this test's folder: the path of the run directory is on every child's command line. */
    private Stream<ProcessHandle> children(String word) {
        String runs = folder.resolve("tmp").resolve("millrace-demo-").toString();
        return ProcessHandle.allProcesses().filter(process -> process.info()
                .commandLine()
                .filter(line -> line.contains(runs) && line.contains(word))
                .isPresent());
    }
}
