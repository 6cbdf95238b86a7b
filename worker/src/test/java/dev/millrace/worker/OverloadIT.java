package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.worker.lane.LaneSnapshot;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** More comes than a lane can answer, or than the broker takes from it. */
@ExtendWith(KafkaBroker.class)
class OverloadIT {
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

    @Test
    void shedsTheOldestAndAnswersTheRest() throws Exception {
        for (int i = 0; i < 300; i++) {
            stage.sendRaw("one-partition", stage.encode(Stage.request("r" + i, 0, 1)));
        }
        stage.worker("millrace.overload.policy", "shed-oldest", "millrace.overload.backlog", "99");

        await().atMost(PATIENCE).until(() -> stage.results().size() >= 300);

        List<InferenceResult> results = stage.results();
        assertThat(results).hasSize(300);
        assertThat(results.subList(0, 200))
                .extracting(InferenceResult::getStatus, InferenceResult::getErrorClass)
                .containsOnly(tuple(ResultStatus.EXPIRED, "SHED"));
        assertThat(results.subList(200, 300))
                .extracting(InferenceResult::getStatus)
                .containsOnly(ResultStatus.OK);
        assertThat(stage.read(stage.topics.deadLetters())).isEmpty();
    }

    @Test
    void waitsWithinItsCapWhileTheResultsTopicIsGoneAndThenAnswersEverything() throws Exception {
        AtomicInteger most = new AtomicInteger();
        try (Admin admin = stage.admin()) {
            admin.deleteTopics(List.of(stage.topics.results())).all().get();
        }
        for (int i = 0; i < 400; i++) {
            stage.send(Stage.request("r" + i, 0, 1));
        }
        Worker worker = stage.worker("millrace.inflight.max", "40", "kafka.max.block.ms", "500");
        for (int failures = 0; failures < 3; failures++) {
            Instant before = Instant.now();
            await().atMost(PATIENCE).until(() -> {
                most.accumulateAndGet(inFlight(worker), Math::max);
                return failedSince(worker, before);
            });
        }
        assertThat(worker.live()).isTrue();

        try (Admin admin = stage.admin()) {
            new TopicProvisioner(admin).createMissing(stage.topics.catalogue(Stage.PARTITIONS, (short) -1));
        }

        await().atMost(PATIENCE).until(() -> {
            most.accumulateAndGet(inFlight(worker), Math::max);
            return stage.results().stream()
                            .map(InferenceResult::getRequestId)
                            .distinct()
                            .count()
                    == 400;
        });
        // The cap, and the poll that went over it.
        assertThat(most.get()).isBetween(1, 40 + 8);
    }

    @ParameterizedTest
    @CsvSource({"40, 16777216", "1000, 8000"})
    void takesNoMoreThanItsCapsWhileNothingIsAcknowledged(int records, long bytes) throws Exception {
        for (int i = 0; i < 400; i++) {
            stage.send(Stage.request("r" + i, 0, 1));
        }
        // No result leaves its producer before that is flushed.
        Worker worker = stage.worker(
                "millrace.inflight.max",
                Integer.toString(records),
                "millrace.inflight.bytes",
                Long.toString(bytes),
                "kafka.linger.ms",
                "60000",
                "kafka.delivery.timeout.ms",
                "120000",
                "kafka.batch.size",
                "1048576");
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(inFlight(worker)).as("%s", worker.lanes()).isPositive());
        AtomicInteger most = new AtomicInteger();
        long cpuBefore = laneCpuNanos();
        // Were there no cap, all would be in flight by now.
        await().during(Duration.ofSeconds(3)).atMost(Duration.ofSeconds(10)).until(() -> {
            most.accumulateAndGet(inFlight(worker), Math::max);
            return most.get() < 100;
        });
        assertThat(Duration.ofNanos(laneCpuNanos() - cpuBefore))
                .as("CPU time of a lane that only waits, in 3 s")
                .isLessThan(Duration.ofSeconds(1));
        assertThat(stage.results()).isEmpty();
        assertThat(inFlight(worker)).isEqualTo(most.get());
        assertThat(worker.lanes()).extracting(LaneSnapshot::lastFailure).containsOnlyNulls();

        worker.stop();
        assertThat(stage.results()).as("what it had, answered while it drained").hasSize(most.get());
        stage.worker();
        await().atMost(PATIENCE).until(() -> stage.results().size() >= 400);
        assertThat(stage.results()).extracting(InferenceResult::getRequestId).doesNotHaveDuplicates();
    }

    private static long laneCpuNanos() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.getAllThreadIds())
                .mapToObj(threads::getThreadInfo)
                .filter(thread -> thread != null && thread.getThreadName().startsWith("lane-"))
                .mapToLong(thread -> threads.getThreadCpuTime(thread.getThreadId()))
                .sum();
    }

    @Test
    void letsOnlyThePartitionWaitWhoseDeadLetterHasNoTopic() throws Exception {
        try (Admin admin = stage.admin()) {
            admin.deleteTopics(List.of(stage.topics.deadLetters())).all().get();
            Worker worker = stage.worker("kafka.max.block.ms", "1000");
            stage.sendRaw("bad", new byte[] {9});
            await().atMost(PATIENCE).until(() -> failedSince(worker, Instant.EPOCH));
            int waiting = stage.read(stage.topics.requests()).get(0).partition();
            for (int i = 0; i < 200; i++) {
                stage.sendRaw("k" + i, stage.encode(Stage.request("r" + i, 0, 1)));
            }
            long elsewhere = stage.read(stage.topics.requests()).stream()
                    .filter(request -> request.partition() != waiting)
                    .count();

            await().atMost(PATIENCE).until(() -> {
                assertThat(worker.lanes()).extracting(LaneSnapshot::lastError).doesNotContainNull();
                return stage.results().size() == elsewhere;
            });
            new TopicProvisioner(admin).createMissing(stage.topics.catalogue(Stage.PARTITIONS, (short) -1));
            await().atMost(PATIENCE).until(() -> stage.results().size() == 200);
            await().atMost(PATIENCE).until(() -> worker.lanes().get(0).lastError() == null);
            assertThat(stage.read(stage.topics.deadLetters())).hasSize(1);
        }
    }

    private static int inFlight(Worker worker) {
        return worker.lanes().stream().mapToInt(LaneSnapshot::inFlight).sum();
    }

    private static boolean failedSince(Worker worker, Instant then) {
        return worker.lanes().stream()
                .map(LaneSnapshot::lastFailure)
                .anyMatch(failure -> failure != null && failure.at().isAfter(then));
    }
}
