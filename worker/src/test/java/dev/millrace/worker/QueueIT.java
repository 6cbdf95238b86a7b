package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.wire.WireHeaders;
import dev.millrace.worker.lane.LaneSnapshot;
import dev.millrace.worker.telemetry.StageWatch;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Lanes of a share group, on topics of one partition. */
@ExtendWith(KafkaBroker.class)
class QueueIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final byte[] KILLER = "killer".getBytes(StandardCharsets.UTF_8);

    private Stage stage;

    @BeforeEach
    void setTheStage(KafkaBroker broker, @TempDir Path dir) throws Exception {
        stage = new Stage(broker.bootstrapServers(), dir, 1);
        stage.publish(1, Stage.onnx(0));
    }

    @AfterEach
    void clear() {
        stage.close();
    }

    @Test
    void fourLanesShareTheOnePartition() throws Exception {
        Worker worker = worker(slowBy(Duration.ofMillis(5)), "millrace.lanes", "cpu:none x4");
        send("r", 400);

        awaitAnswers(400);
        assertThat(stage.results()).extracting(InferenceResult::getLane).containsOnly(0, 1, 2, 3);
        assertThat(worker.lanes()).extracting(LaneSnapshot::answered).allMatch(answered -> answered > 0);
        assertThat(ids()).doesNotHaveDuplicates();
    }

    @Test
    void answersEveryKindOfRecordOnce() throws Exception {
        worker(StageWatch.NONE);
        send("good", 10);
        stage.sendRaw("noise", new byte[] {1, 2, 3});
        stage.sendRaw("void", null);
        send("more", 10);

        awaitAnswers(20);
        await().atMost(PATIENCE)
                .until(() -> stage.read(stage.topics.deadLetters()).size() >= 2);
        // Another worker finds nothing left to do.
        worker(StageWatch.NONE);
        send("last", 10);
        awaitAnswers(30);
        assertThat(ids()).doesNotHaveDuplicates();
        assertThat(stage.read(stage.topics.deadLetters())).hasSize(2).allSatisfy(letter -> assertThat(
                        letter.headers().lastHeader(WireHeaders.ERROR_CLASS))
                .isNotNull());
    }

    @Test
    void leavesNothingBehindWhenItIsDrainedInTheMiddle() throws Exception {
        Worker first = worker(slowBy(Duration.ofMillis(2)), "millrace.lanes", "cpu:none x2");
        send("r", 300);
        await().atMost(PATIENCE).until(() -> stage.results().size() > 20);

        assertThat(first.stop()).isTrue();
        worker(StageWatch.NONE);

        awaitAnswers(300);
        assertThat(ids()).doesNotHaveDuplicates();
    }

    @Test
    void renewsItsLocksOnWhatItHasNoTimeForYet() throws Exception {
        set(Map.of("share.record.lock.duration.ms", "3000"));
        Map<String, AtomicInteger> decoded = new ConcurrentHashMap<>();
        // Each record takes a seventh of the lock: what one poll brings is more than the lock lasts for.
        worker((lane, at, source) -> {
            if (at == StageWatch.Stage.DECODE && source != null) {
                decoded.computeIfAbsent(new String(source.key(), StandardCharsets.UTF_8), id -> new AtomicInteger())
                        .incrementAndGet();
                LockSupport.parkNanos(Duration.ofMillis(450).toNanos());
            }
        });
        send("r", 12);

        awaitAnswers(12);
        assertThat(ids()).doesNotHaveDuplicates();
        assertThat(decoded).hasSize(12).allSatisfy((id, times) -> assertThat(times)
                .hasValue(1));
    }

    @Test
    void givesUpOnlyTheRecordThatEndsItsLanes() throws Exception {
        AtomicInteger ends = new AtomicInteger();
        StageWatch killed = (lane, at, source) -> {
            if (at == StageWatch.Stage.DECODE && isKiller(source)) {
                ends.incrementAndGet();
                throw new StackOverflowError("the killer's doing");
            }
        };
        send("before", 10);
        stage.sendRaw("killer", stage.encode(Stage.request("killer", 0, 1)));
        send("after", 10);
        for (int start = 0; start < 12 && distinct() < 21; start++) {
            Worker worker = worker(killed);
            await().atMost(PATIENCE).until(() -> !worker.live() || distinct() >= 21);
            worker.stop();
        }

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
                .hasSizeGreaterThanOrEqualTo(20)
                .allSatisfy(result -> assertThat(result.getStatus()).isEqualTo(ResultStatus.OK));
        assertThat(stage.read(stage.topics.deadLetters())).singleElement().satisfies(letter -> assertThat(new String(
                        letter.headers()
                                .lastHeader("__dlq.errors.delivery.count")
                                .value(),
                        StandardCharsets.UTF_8))
                .isEqualTo("5"));
    }

    @Test
    void completesTheGroupsSettingsAndKeepsWhatAnOperatorHasSet() throws Exception {
        set(Map.of("share.delivery.count.limit", "7"));

        worker(StageWatch.NONE);

        try (Admin admin = stage.admin()) {
            Config now = admin.describeConfigs(List.of(group()))
                    .all()
                    .get()
                    .values()
                    .iterator()
                    .next();
            Map<String, String> values = now.entries().stream()
                    .filter(entry -> entry.value() != null)
                    .collect(Collectors.toMap(ConfigEntry::name, ConfigEntry::value));
            assertThat(values)
                    .containsEntry("share.delivery.count.limit", "7")
                    .containsEntry("share.auto.offset.reset", "earliest")
                    .containsEntry("share.isolation.level", "read_committed")
                    .containsEntry("errors.deadletterqueue.topic.name", stage.topics.deadLetters());
        }
    }

    private static boolean isKiller(@Nullable ConsumerRecord<byte[], ?> source) {
        return source != null && Arrays.equals(source.key(), KILLER);
    }

    private static StageWatch slowBy(Duration time) {
        return (lane, at, source) -> {
            if (at == StageWatch.Stage.INFER) {
                LockSupport.parkNanos(time.toNanos());
            }
        };
    }

    private Worker worker(StageWatch watch, String... settings) throws Exception {
        String[] all = Arrays.copyOf(settings, settings.length + 2);
        all[settings.length] = "millrace.delivery";
        all[settings.length + 1] = "queue";
        return stage.worker(watch, all);
    }

    private ConfigResource group() {
        return new ConfigResource(ConfigResource.Type.GROUP, stage.topics.prefix() + "group");
    }

    private void set(Map<String, String> settings) throws Exception {
        try (Admin admin = stage.admin()) {
            admin.incrementalAlterConfigs(Map.of(
                            group(),
                            settings.entrySet().stream()
                                    .map(setting -> new AlterConfigOp(
                                            new ConfigEntry(setting.getKey(), setting.getValue()),
                                            AlterConfigOp.OpType.SET))
                                    .toList()))
                    .all()
                    .get();
        }
    }

    private void send(String name, int count) {
        for (int i = 0; i < count; i++) {
            stage.send(Stage.request(name + i, 0, 1));
        }
    }

    private void awaitAnswers(int requests) {
        await().atMost(PATIENCE).until(() -> distinct() >= requests);
    }

    private long distinct() {
        return ids().stream().distinct().count();
    }

    private List<String> ids() {
        return stage.results().stream().map(InferenceResult::getRequestId).toList();
    }
}
