package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.worker.telemetry.StageWatch;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A record that ends every lane that looks at it. */
@ExtendWith(KafkaBroker.class)
class KillerMessageIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final byte[] KILLER = "killer".getBytes(StandardCharsets.UTF_8);

    private final AtomicInteger ends = new AtomicInteger();
    private Stage stage;

    @BeforeEach
    void setTheStage(KafkaBroker broker, @TempDir Path dir) throws Exception {
        stage = new Stage(broker, dir);
        stage.publish(1, Stage.onnx(0));
    }

    @AfterEach
    void clear() {
        stage.close();
    }

    @Test
    void isGivenUpAfterItWasAloneInThreeCrashesAndItsNeighboursAreAnswered() throws Exception {
        for (int i = 0; i < 20; i++) {
            stage.sendRaw("neighbour", stage.encode(Stage.request("before-" + i, 0, 1)));
        }
        stage.sendRaw("killer", stage.encode(Stage.request("killer", 0, 1)));
        for (int i = 0; i < 20; i++) {
            stage.sendRaw("neighbour", stage.encode(Stage.request("after-" + i, 0, 1)));
        }

        workUntilAnswered(41);

        // Once among others, unsuspected, then three times alone.
        assertThat(ends).hasValue(4);
        assertThat(stage.results())
                .filteredOn(result -> result.getRequestId().equals("killer"))
                .singleElement()
                .satisfies(result -> {
                    assertThat(result.getStatus()).isEqualTo(ResultStatus.FAILED);
                    assertThat(result.getErrorClass()).isEqualTo("KILLER");
                });
        assertThat(stage.results())
                .filteredOn(result -> !result.getRequestId().equals("killer"))
                .allSatisfy(result -> assertThat(result.getStatus()).isEqualTo(ResultStatus.OK))
                .extracting(InferenceResult::getRequestId)
                // What was acknowledged and not yet committed at a crash is answered again.
                .satisfies(ids -> assertThat(Set.copyOf(ids)).hasSize(40));
        assertThat(stage.read(stage.topics.deadLetters())).singleElement().satisfies(letter -> {
            assertThat(letter.key()).isEqualTo("killer");
            assertThat(new String(
                            letter.headers()
                                    .lastHeader("__dlq.errors.delivery.count")
                                    .value(),
                            StandardCharsets.UTF_8))
                    .isEqualTo("4");
        });
    }

    @Test
    void doesNotDrawSuspicionOnTheRecordsOfOtherLanes() throws Exception {
        stage.sendRaw("killer", stage.encode(Stage.request("killer", 0, 1)));
        for (int i = 0; i < 100; i++) {
            stage.sendRaw("n" + i, stage.encode(Stage.request("n" + i, 0, 1)));
        }

        workUntilAnswered(101, "millrace.lanes", "cpu:none x2");

        assertThat(stage.read(stage.topics.deadLetters())).hasSize(1);
        assertThat(stage.results())
                .filteredOn(result -> result.getStatus() == ResultStatus.OK)
                .hasSizeGreaterThanOrEqualTo(100);
    }

    @Test
    void leavesThePartitionsOfALaneThatItEndedToTheOthers() throws Exception {
        StageWatch once = (lane, at, source) -> {
            if (at == StageWatch.Stage.DECODE && ends.compareAndSet(0, 1)) {
                throw new StackOverflowError("the end of one lane");
            }
        };
        Worker worker = stage.worker(once, "millrace.lanes", "cpu:none x2");
        await().atMost(PATIENCE).until(() -> worker.lanes().stream()
                .noneMatch(lane -> lane.partitions().isEmpty()));
        for (int i = 0; i < 100; i++) {
            stage.sendRaw("n" + i, stage.encode(Stage.request("n" + i, 0, 1)));
        }

        await().atMost(PATIENCE).until(() -> answered() == 100);
        assertThat(worker.live()).isFalse();
        assertThat(stage.read(stage.topics.deadLetters())).isEmpty();
    }

    /** One worker after the other, as an orchestrator would start them. */
    private void workUntilAnswered(int requests, String... settings) throws Exception {
        StageWatch killed = (lane, at, source) -> {
            if (at == StageWatch.Stage.DECODE && source != null && Arrays.equals(source.key(), KILLER)) {
                ends.incrementAndGet();
                throw new StackOverflowError("the killer's doing");
            }
        };
        for (int start = 0; start < 10 && answered() < requests; start++) {
            Worker worker = stage.worker(killed, settings);
            await().atMost(PATIENCE).until(() -> !worker.live() || answered() >= requests);
            worker.stop();
        }
        assertThat(answered()).isEqualTo(requests);
    }

    private long answered() {
        List<InferenceResult> results = stage.results();
        return results.stream().map(InferenceResult::getRequestId).distinct().count();
    }
}
