package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.worker.model.TinyModels;
import dev.millrace.worker.telemetry.StageWatch;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(KafkaBroker.class)
class BatchingIT {
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

    @Test
    void keepsTheResultsOfOneKeyInOrderThoughTwoModelsAndRefusalsShareItsPolls() throws Exception {
        long seed = 11;
        Random random = new Random(seed);
        stage.publish(1, Stage.onnx(0));
        byte[] other = Stage.onnx(1);
        stage.publish(Stage.manifest("other", 3, other), other, signed -> signed);
        int requests = 300;
        for (int i = 0; i < requests; i++) {
            ImageRequest request = Stage.request("r" + i, 0, i % Stage.CLASSES);
            int kind = random.nextInt(10);
            request.setModel(kind < 5 ? "tiny" : kind < 8 ? "other" : kind == 8 ? "nobody" : "tiny");
            request.setWidth(kind == 9 ? 3 : 4);
            // Under one key and sent before a lane polls, so that they share polls.
            stage.sendRaw("one", stage.encode(request));
        }
        stage.worker("millrace.batch.max", "4", "kafka.max.poll.records", "64");
        await().atMost(PATIENCE).until(() -> stage.results().size() >= requests);

        List<InferenceResult> results = stage.results();
        assertThat(results.stream().map(InferenceResult::getModel).collect(Collectors.toSet()))
                .contains("tiny", "other");
        assertThat(results).anyMatch(result -> result.getStatus() == ResultStatus.REJECTED);
        assertThat(results).anyMatch(result -> result.getBatchSize() > 1);
        assertThat(results)
                .as("seed %d", seed)
                .extracting(InferenceResult::getSourceOffset)
                .isSorted()
                .doesNotHaveDuplicates()
                .hasSize(requests);
    }

    @Test
    void failsOnlyTheImagesThatTheModelFailsOn() throws Exception {
        byte[] onnx = TinyModels.failingAbove(254, Stage.onnx(0));
        stage.publish(1, onnx);
        Set<Integer> bad = Set.of(3, 17, 18, 40);
        for (int i = 0; i < 60; i++) {
            ImageRequest request = Stage.request("r" + i, 0, i % Stage.CLASSES);
            if (!bad.contains(i)) {
                request.setBytes(dimmed(request.getBytes()));
            }
            stage.sendRaw("one", stage.encode(request));
        }
        stage.worker();
        await().atMost(PATIENCE).until(() -> stage.results().size() >= 60);

        assertThat(stage.results()).hasSize(60).allSatisfy(result -> {
            int number = Integer.parseInt(result.getRequestId().substring(1));
            assertThat(result.getStatus()).isEqualTo(bad.contains(number) ? ResultStatus.FAILED : ResultStatus.OK);
        });
        assertThat(stage.read(stage.topics.deadLetters())).hasSize(bad.size());
    }

    private static ByteBuffer dimmed(ByteBuffer image) {
        byte[] pixels = new byte[image.remaining()];
        image.duplicate().get(pixels);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) ((pixels[i] & 0xFF) * 3 / 4);
        }
        return ByteBuffer.wrap(pixels);
    }

    @Test
    void waitsForMoreImagesWhereItIsToldTo() throws Exception {
        stage.publish(1, Stage.onnx(0));
        stage.worker("millrace.batch.max", "4", "millrace.batch.linger", "5s");
        stage.send(Stage.request("first", 0, 0));
        await().atMost(PATIENCE).until(() -> !stage.results().isEmpty());
        for (int i = 0; i < 4; i++) {
            stage.send(Stage.request("r" + i, 0, 0));
        }
        await().atMost(PATIENCE).until(() -> stage.results().size() >= 5);

        assertThat(stage.results())
                .filteredOn(result -> !result.getRequestId().equals("first"))
                .extracting(InferenceResult::getBatchSize)
                .containsOnly(4);
    }

    @Test
    void answersWhatItHoldsBackInsideTheTransactionThatTookIt() throws Exception {
        stage.publish(1, Stage.onnx(0));
        // The image takes longer to decode than its transaction may stay open, and then waits for more.
        Worker worker = stage.worker(
                (lane, at, source) -> {
                    if (at == StageWatch.Stage.DECODE) {
                        LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
                    }
                },
                "millrace.delivery",
                "exactly-once",
                "millrace.txn.window",
                "20ms",
                "millrace.batch.linger",
                "1s");
        stage.send(Stage.request("r", 0, 0));
        await().atMost(PATIENCE).until(() -> !stage.results().isEmpty());

        assertThat(stage.results()).hasSize(1);
        assertThat(worker.lanes())
                .allSatisfy(lane -> assertThat(lane.lastFailure()).isNull());
    }
}
