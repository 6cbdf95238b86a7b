package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.worker.lane.LaneSnapshot;
import dev.millrace.worker.lane.Machine;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lanes on the devices they were given. The GPU that these tests ask for is on no machine. */
@ExtendWith(KafkaBroker.class)
class DevicesIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Stage stage;

    @BeforeEach
    void setTheStage(KafkaBroker broker, @TempDir Path dir) throws Exception {
        stage = new Stage(broker, dir);
    }

    @AfterEach
    void clear() {
        stage.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"consumer", "classic"})
    @EnabledOnOs(OS.LINUX)
    void keepsEveryOtherThreadOffTheMaskOfALane(String protocol) throws Exception {
        List<Integer> cpus = Machine.here().cpus().stream().limit(2).boxed().toList();
        assumeThat(cpus).as("CPUs of this process").hasSize(2);
        String lanes = cpus.stream().map(cpu -> "cpu:" + cpu).collect(Collectors.joining(","));
        stage.publish(1, Stage.onnx(0));
        Worker worker = stage.worker("millrace.lanes", lanes, "kafka.group.protocol", protocol);
        // Both must answer some: a lane that joins late would find everything answered.
        await().atMost(PATIENCE).until(() -> worker.lanes().stream()
                .noneMatch(lane -> lane.partitions().isEmpty()));
        answer(100);
        stage.publish(2, Stage.onnx(1));
        await().atMost(PATIENCE)
                .until(() -> stage.lastStatus("worker-0").getModels().get(0).getVersion() == 2);

        assertThat(worker.lanes()).extracting(lane -> lane.device().toString()).containsExactly(lanes.split(","));
        for (int lane = 0; lane < cpus.size(); lane++) {
            assertThat(threadsOnlyOn(cpus.get(lane)))
                    .as("threads that may run on CPU %d alone", cpus.get(lane))
                    .containsExactly("lane-" + lane + "-0");
        }
        assertThat(stage.results()).extracting(result -> result.getDevice()).containsOnly(lanes.split(","));
    }

    /** Names of this process's threads whose CPU mask is that one CPU. */
    private static List<String> threadsOnlyOn(int cpu) throws IOException {
        List<String> names = new ArrayList<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            for (Path task : tasks.toList()) {
                try {
                    if (Files.readAllLines(task.resolve("status")).contains("Cpus_allowed_list:\t" + cpu)) {
                        names.add(Files.readString(task.resolve("comm")).strip());
                    }
                } catch (NoSuchFileException e) {
                    // The thread has ended meanwhile.
                }
            }
        }
        return names;
    }

    @Test
    void doesNotStartWithoutAGpuThatIsRequired() {
        assumeThat(Machine.here().gpus()).as("GPUs that the driver shows").isEmpty();
        assertThatExceptionOfType(WorkerStartException.class)
                .isThrownBy(() -> stage.worker("millrace.lanes", "cuda:250x2"))
                .withMessageStartingWith("millrace.lanes: device: cuda:250 (expected: usable, since it is required): ")
                .withMessageContaining("CUDA")
                .withMessageContaining("; this process has CPUs ");
    }

    @Test
    void fallsBackToTheCpuWhereTheGpuIsNotRequiredAndSaysSoEverywhere() throws Exception {
        // Where it shows some, a number beyond them is refused as a slip.
        assumeThat(Machine.here().gpus()).as("GPUs that the driver shows").isEmpty();
        stage.publish(1, Stage.onnx(0));
        Worker worker = stage.worker("millrace.lanes", "cpu:none,cuda:250", "millrace.device.required", "false");
        answer(60);

        assertThat(stage.results()).extracting(result -> result.getDevice()).containsOnly("cpu:none");
        assertThat(worker.lanes())
                .extracting(LaneSnapshot::device)
                .extracting(Object::toString)
                .contains("cpu:none");
        HttpResponse<String> health = get(worker, "/health/ready");
        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(health.body()).contains("lane 1: tiny v1 runs on cpu:none: ");
        assertThat(get(worker, "/metrics").body())
                .contains("inference_device_fallback{lane=\"0\"} 0.0")
                .contains("inference_device_fallback{lane=\"1\"} 1.0");
    }

    private void answer(int requests) {
        for (int i = 0; i < requests; i++) {
            stage.send(Stage.request("r" + i, 0, 0));
        }
        await().atMost(PATIENCE).until(() -> stage.results().size() >= requests);
    }

    private static HttpResponse<String> get(Worker worker, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + worker.httpPort() + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }
}
