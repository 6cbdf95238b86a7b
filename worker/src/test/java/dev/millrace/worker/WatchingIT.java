package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.worker.cli.StatusCommand;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What a running worker shows: {@code /status}, {@code /metrics}, and its stages to the Flight Recorder. */
@ExtendWith(KafkaBroker.class)
class WatchingIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int REQUESTS = 50;

    /** Every name that dashboards and alerts may count on, with labels of Millrace's own. */
    private static final List<String> PROMISED = List.of(
            "inference_requests_total{model=\"tiny\",outcome=\"OK\",version=\"1\"",
            "inference_images_total",
            "inference_batches_total",
            "inference_request_duration_seconds_bucket{le=\"1.0E-4\"",
            "inference_queue_duration_seconds_bucket{le=\"10.0\"",
            "inference_decode_duration_seconds_bucket{le=\"1.0E-4\"",
            "inference_compute_duration_seconds_bucket{le=\"0.002\"",
            "inference_publish_duration_seconds_bucket{le=\"0.005\"",
            "inference_request_duration_seconds_count",
            "inference_request_duration_seconds_sum",
            "inference_model_info{model=\"tiny\",precision=\"fp32\",sha256=\"",
            "inference_model_swaps_total{result=\"live\"",
            "inference_model_swaps_total{result=\"refused\"",
            "inference_dlq_total{reason=\"UNKNOWN_MODEL\"",
            "inference_inflight_bytes{lane=\"0\"",
            "inference_inflight_records{lane=\"0\"",
            "inference_rewinds_total",
            "kafka_consumer_fetch_manager_records_lag_max",
            "kafka_consumer_coordinator_rebalance_total",
            "kafka_consumer_last_poll_seconds_ago",
            "kafka_producer_request_latency_avg",
            "kafka_producer_record_send_total",
            "jvm_memory_used_bytes{area=\"heap\"",
            "jvm_gc_pause_seconds_count",
            "jvm_threads_live_threads",
            "process_files_open_files",
            "process_cpu_usage",
            "process_uptime_seconds");

    private Stage stage;

    @BeforeEach
    void setTheStage(KafkaBroker broker, @TempDir Path dir) throws Exception {
        stage = new Stage(broker, dir);
    }

    @AfterEach
    void clear() {
        stage.close();
    }

    @Test
    void statusTellsOfLanesPartitionsLagVersionsAndRollouts() throws Exception {
        byte[] onnx = Stage.onnx(0);
        stage.publish(1, onnx);
        Worker worker = stage.worker("millrace.lanes", "cpu:none x2");
        answerAll();
        stage.publish(Stage.manifest(2, onnx), onnx, signed -> {
            signed.setKeyId("0000000000000000");
            return signed;
        });

        await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode status = status(worker);
            assertThat(status.at("/lanes").findValues("lag"))
                    .hasSize(Stage.PARTITIONS)
                    .allSatisfy(lag ->
                            assertThat(lag.isNumber() && lag.asLong() == 0).isTrue());
            assertThat(status.at("/rollouts/0/state").asText()).isEqualTo("REFUSED");
        });
        JsonNode status = status(worker);
        assertThat(status.at("/worker").asText()).isEqualTo("worker-0");
        assertThat(status.at("/group").asText()).isEqualTo(stage.topics.prefix() + "group");
        assertThat(status.at("/delivery").asText()).isEqualTo("at-least-once");
        assertThat(status.at("/state").asText()).isEqualTo("SERVING");
        assertThat(status.at("/reasons")).isEmpty();
        assertThat(Instant.parse(status.at("/startedAt").asText())).isBefore(Instant.now());
        assertThat(status.at("/lastError").isNull()).isTrue();

        assertThat(status.at("/lanes")).hasSize(2).allSatisfy(lane -> {
            assertThat(lane.at("/asked").asText()).isEqualTo("cpu:none");
            assertThat(lane.at("/device").asText()).isEqualTo("cpu:none");
            assertThat(lane.at("/inFlight/records").asLong()).isZero();
            assertThat(lane.at("/inFlight/bytes").asLong()).isZero();
            assertThat(lane.at("/lastError").isNull()).isTrue();
        });
        assertThat(sum(status, "answered")).isEqualTo(REQUESTS + 1);
        assertThat(sum(status, "batches")).isBetween(1L, (long) REQUESTS);
        assertThat(status.at("/lanes").findValues("partition").stream().map(JsonNode::asInt))
                .containsExactlyInAnyOrder(0, 1, 2, 3);

        assertThat(status.at("/models")).hasSize(1);
        assertThat(status.at("/models/0/name").asText()).isEqualTo("tiny");
        assertThat(status.at("/models/0/version").asInt()).isEqualTo(1);
        assertThat(status.at("/models/0/sha256").asText()).isEqualTo(ManifestKeys.sha256(onnx));
        assertThat(status.at("/models/0/precision").asText()).isEqualTo("fp32");
        assertThat(status.at("/models/0/leases").asInt()).isZero();
        assertThat(status.at("/rollouts/0/version").asInt()).isEqualTo(2);
        assertThat(status.at("/rollouts/0/reason").asText()).isNotEmpty();

        StringWriter out = new StringWriter();
        int code = new CommandLine(new StatusCommand())
                .setOut(new PrintWriter(out))
                .execute("--url", "http://127.0.0.1:" + worker.httpPort());
        assertThat(code).isZero();
        assertThat(out.toString()).contains("worker      worker-0 in group ", "state       SERVING", "cpu:none");
    }

    @Test
    void metricsHaveEveryPromisedName() throws Exception {
        stage.publish(1, Stage.onnx(0));
        Worker worker = stage.worker();
        answerAll();
        System.gc(); // A collection that nobody needed: its meter comes with the first one.

        await().atMost(PATIENCE).untilAsserted(() -> {
            Set<String> missing = PROMISED.stream()
                    .filter(name -> !get(worker, "/metrics").contains("\n" + name))
                    .collect(Collectors.toSet());
            assertThat(missing).isEmpty();
        });
    }

    @Test
    void flightRecorderHearsOfEveryStage() throws Exception {
        Map<String, Integer> events = new ConcurrentHashMap<>();
        try (RecordingStream recorder = new RecordingStream()) {
            for (String stageName : List.of("Take", "Decode", "Batch", "Infer", "Publish", "Commit")) {
                recorder.enable("millrace." + stageName).withThreshold(Duration.ZERO);
                recorder.onEvent(
                        "millrace." + stageName,
                        event -> events.merge(
                                stageName, stageName.equals("Infer") ? event.getInt("size") : 1, Integer::sum));
            }
            recorder.startAsync();
            stage.publish(1, Stage.onnx(0));
            stage.worker();
            answerAll();

            await().atMost(PATIENCE).untilAsserted(() -> assertThat(events)
                    .containsEntry("Decode", REQUESTS + 1)
                    .containsEntry("Infer", REQUESTS)
                    .containsEntry("Publish", REQUESTS + 2)
                    .containsKeys("Take", "Batch", "Commit"));
        }
    }

    /** Has every request answered, and one more that asks for a model that is not there. */
    private void answerAll() {
        for (int i = 0; i < REQUESTS; i++) {
            stage.send(Stage.request("r" + i, 0, i % Stage.CLASSES));
        }
        var stranger = Stage.request("stranger", 0, 0);
        stranger.setModel("nobody");
        stage.send(stranger);
        await().atMost(PATIENCE).until(() -> stage.results().size() == REQUESTS + 1);
    }

    private static long sum(JsonNode status, String field) {
        return status.at("/lanes").findValues(field).stream()
                .mapToLong(JsonNode::asLong)
                .sum();
    }

    private static JsonNode status(Worker worker) throws Exception {
        return new ObjectMapper().readTree(get(worker, "/status"));
    }

    private static String get(Worker worker, String path) {
        try {
            return HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + worker.httpPort() + path))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (Exception e) {
            throw new AssertionError(path, e);
        }
    }
}
