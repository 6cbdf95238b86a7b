package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ModelStatus;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.worker.model.Gpu;
import dev.millrace.worker.model.TinyModels;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Lanes on a real GPU; skipped where {@code cuda:0} cannot be used. */
@ExtendWith(KafkaBroker.class)
class CudaIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int VERSIONS = 10;

    private Stage stage;

    @BeforeAll
    static void requireAGpu() {
        Gpu.assumeUsable();
    }

    @BeforeEach
    void setTheStage(KafkaBroker broker, @TempDir Path dir) throws Exception {
        stage = new Stage(broker, dir);
    }

    @AfterEach
    void clear() {
        stage.close();
    }

    @Test
    void twoLanesOnOneGpuAnswerEverythingOnceWhileVersionsAreSwapped() throws Exception {
        stage.publish(1, Stage.onnx(1));
        Worker worker = stage.worker("millrace.lanes", "cuda:0x2");
        await().atMost(PATIENCE).until(() -> worker.lanes().stream()
                .noneMatch(lane -> lane.partitions().isEmpty()));
        int sent = 0;
        for (int version = 2; version <= VERSIONS; version++) {
            stage.publish(version, Stage.onnx(version));
            int next = version;
            do {
                for (int i = 0; i < 20; i++) {
                    stage.send(Stage.request("r" + sent++, 0, 0));
                }
            } while (sent < 20_000 && liveVersion() < next);
        }
        int total = sent;
        await().atMost(PATIENCE).until(() -> stage.results().size() >= total);

        List<InferenceResult> results = stage.results();
        assertThat(results)
                .extracting(InferenceResult::getRequestId)
                .doesNotHaveDuplicates()
                .hasSize(total);
        assertThat(results).allSatisfy(result -> {
            assertThat(result.getStatus()).isEqualTo(ResultStatus.OK);
            assertThat(result.getDevice()).isEqualTo("cuda:0");
            assertThat(result.getLabels().get(0).getIndex()).isEqualTo(result.getVersion() % Stage.CLASSES);
        });
        assertThat(results).extracting(InferenceResult::getVersion).contains(1, VERSIONS);
        assertThat(results).extracting(InferenceResult::getLane).contains(0, 1);
    }

    @Test
    void keepsTheVersionThatAnswersWhereTheNextOneCannotRunOnTheGpu() throws Exception {
        stage.publish(1, Stage.onnx(0));
        stage.worker("millrace.lanes", "cuda:0");
        answer(10);
        stage.publish(2, TinyModels.withSinh(Stage.onnx(0)));
        await().atMost(PATIENCE).until(() -> stage.lastStatus("worker-0")
                .toString()
                .contains("nodes that are assigned to the default CPU EP"));
        answer(20);

        assertThat(stage.results()).extracting(InferenceResult::getVersion).containsOnly(1);
        assertThat(stage.results()).extracting(InferenceResult::getDevice).containsOnly("cuda:0");
    }

    @Test
    void answersFromTheCpuWhereTheGpuIsNotRequiredAndSaysSo() throws Exception {
        stage.publish(1, TinyModels.withSinh(Stage.onnx(0)));
        Worker worker = stage.worker("millrace.lanes", "cuda:0", "millrace.device.required", "false");
        answer(10);

        assertThat(stage.results()).extracting(InferenceResult::getDevice).containsOnly("cpu:none");
        assertThat(health(worker)).contains("lane 0: tiny v1 runs on cpu:none: ");
    }

    @Test
    void doesNotStartOnAGpuThatThisMachineDoesNotHave() {
        assertThatThrownBy(() -> stage.worker("millrace.lanes", "cuda:99"))
                .hasMessageStartingWith("millrace.lanes: ")
                .hasMessageContaining("cuda:99 (expected: ");
    }

    private int liveVersion() {
        List<ModelStatus> models = stage.lastStatus("worker-0").getModels();
        return models.isEmpty() ? 0 : models.get(0).getVersion();
    }

    private void answer(int requests) {
        int before = stage.results().size();
        for (int i = 0; i < requests; i++) {
            stage.send(Stage.request("r" + (before + i), 0, 0));
        }
        await().atMost(PATIENCE).until(() -> stage.results().size() >= before + requests);
    }

    private static String health(Worker worker) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + worker.httpPort() + "/health/ready"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }
}
