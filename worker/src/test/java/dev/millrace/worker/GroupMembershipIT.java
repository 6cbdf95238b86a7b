package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.worker.lane.LaneSnapshot;
import dev.millrace.worker.telemetry.StageWatch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(KafkaBroker.class)
class GroupMembershipIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

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

    @ParameterizedTest
    @ValueSource(strings = {"consumer", "classic"})
    void takesNothingFromTheOthersWhileAStaticWorkerRestarts(String protocol) throws Exception {
        Worker stays = member("stays", protocol);
        Worker restarts = member("restarts", protocol);
        await().atMost(PATIENCE)
                .until(() ->
                        partitions(stays).size() == 2 && partitions(restarts).size() == 2);
        List<Integer> kept = partitions(stays);
        List<Integer> own = partitions(restarts);

        restarts.stop();
        Worker again = member("restarts", protocol);
        send(100);

        List<List<Integer>> seen = new ArrayList<>();
        await().atMost(PATIENCE).until(() -> {
            seen.add(partitions(stays));
            return stage.results().size() >= 100;
        });
        assertThat(seen).containsOnly(kept);
        assertThat(partitions(again)).isEqualTo(own);
        assertThat(stage.results())
                .extracting(InferenceResult::getRequestId)
                .doesNotHaveDuplicates()
                .hasSize(100);
    }

    @Test
    void sharesWithANewMemberInTheClassicProtocolWithoutARepeat() throws Exception {
        Worker first = stage.worker("kafka.group.protocol", "classic");
        send(200);
        await().atMost(PATIENCE).until(() -> !stage.results().isEmpty());
        Worker second = stage.worker("kafka.group.protocol", "classic");
        await().atMost(PATIENCE)
                .until(() -> partitions(first).size() == 2 && partitions(second).size() == 2);

        await().atMost(PATIENCE).until(() -> stage.results().size() >= 200);
        assertThat(stage.results())
                .extracting(InferenceResult::getRequestId)
                .doesNotHaveDuplicates()
                .hasSize(200);
    }

    @Test
    void givesPartitionsUpLongBeforeItHasAnsweredAllThatItPolled() throws Exception {
        StageWatch slow = (lane, entered, source) -> {
            if (entered == StageWatch.Stage.INFER) {
                LockSupport.parkNanos(Duration.ofMillis(30).toNanos());
            }
        };
        send(400);
        Worker first = stage.worker(slow, "millrace.batch.max", "1");
        await().atMost(PATIENCE).until(() -> !stage.results().isEmpty());
        Worker second = stage.worker();

        await().atMost(PATIENCE)
                .until(() -> partitions(first).size() == 2 && partitions(second).size() == 2);

        assertThat(stage.results()).hasSizeLessThan(300);
        await().atMost(PATIENCE).until(() -> stage.results().size() >= 400);
        assertThat(stage.results())
                .extracting(InferenceResult::getRequestId)
                .doesNotHaveDuplicates()
                .hasSize(400);
    }

    private Worker member(String id, String protocol) throws Exception {
        return stage.worker("millrace.id", id, "millrace.group.membership", "static", "kafka.group.protocol", protocol);
    }

    private void send(int requests) {
        for (int i = 0; i < requests; i++) {
            stage.send(Stage.request("r" + i, 0, 1));
        }
    }

    private static List<Integer> partitions(Worker worker) {
        return worker.lanes().stream()
                .map(LaneSnapshot::partitions)
                .flatMap(List::stream)
                .sorted()
                .toList();
    }
}
