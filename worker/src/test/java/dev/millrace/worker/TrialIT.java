package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ModelRole;
import dev.millrace.schemas.ModelState;
import dev.millrace.schemas.ModelStatus;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.schemas.Trial;
import dev.millrace.schemas.TrialKind;
import dev.millrace.schemas.registry.Split;
import dev.millrace.schemas.wire.TrustedRecords;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Champion and challenger side by side in one worker. */
@ExtendWith(KafkaBroker.class)
class TrialIT {
    static {
        TrustedRecords.install();
    }

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String WORKER = "worker-0";

    private Stage stage;

    @BeforeEach
    void setTheStage(KafkaBroker broker, @TempDir Path dir) throws Exception {
        stage = new Stage(broker, dir);
        stage.publish(1, Stage.onnx(0));
        stage.announce(2, Stage.onnx(1));
    }

    @AfterEach
    void tearDown() {
        stage.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"at-least-once", "exactly-once", "queue"})
    void answersExactlyTheShareThatAnybodyCanPredictByTheChallenger(String delivery) throws Exception {
        stage.worker("millrace.delivery", delivery);
        Trial trial = trial(TrialKind.CANARY, 2_500, "", Map.of());
        long epoch = decide(trial);
        awaitLive(epoch, 2);

        send(400);

        Set<String> toChallenger = predicted(trial, 400);
        assertThat(toChallenger).hasSizeBetween(50, 150);
        assertThat(stage.results()).hasSize(400).allSatisfy(result -> {
            boolean challenger = toChallenger.contains(result.getRequestId());
            assertThat(result.getStatus()).isEqualTo(ResultStatus.OK);
            assertThat(result.getArm()).isEqualTo(challenger ? RolloutArm.CHALLENGER : RolloutArm.CHAMPION);
            assertThat(result.getVersion()).isEqualTo(challenger ? 2 : 1);
            assertThat(result.getEpoch()).isEqualTo(epoch);
            // Each version turns its classes by its number: the answer itself tells who gave it.
            int turned = challenger ? 1 : 0;
            assertThat(result.getLabels().get(0).getIndex())
                    .isEqualTo((label(result.getRequestId()) + turned) % Stage.CLASSES);
        });
        assertThat(stage.read(stage.topics.shadowResults())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"at-least-once", "exactly-once", "queue"})
    void letsAChallengerLookOnWithoutAnyCallerSeeingIt(String delivery) throws Exception {
        stage.worker("millrace.delivery", delivery);
        Trial trial = trial(TrialKind.SHADOW, 5_000, "", Map.of());
        long epoch = decide(trial);
        awaitLive(epoch, 2);
        // What the shadow's producer has no metadata for yet is dropped.
        int[] sent = {0};
        await().atMost(PATIENCE).until(() -> {
            sent[0] += 20;
            send(sent[0] - 20, sent[0]);
            return !stage.read(stage.topics.shadowResults()).isEmpty();
        });
        int before = sent[0];

        send(before, before + 200);

        assertThat(stage.results()).hasSize(before + 200).allSatisfy(result -> assertThat(result.getArm())
                .isEqualTo(RolloutArm.CHAMPION));
        Set<String> expected = predicted(trial, before + 200).stream()
                .filter(id -> Integer.parseInt(id.substring(1)) >= before)
                .collect(Collectors.toSet());
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(stage.results(stage.topics.shadowResults()))
                .extracting(InferenceResult::getRequestId)
                .containsAll(expected));
        assertThat(stage.results(stage.topics.shadowResults()))
                .extracting(InferenceResult::getRequestId)
                .doesNotHaveDuplicates()
                .isSubsetOf(predicted(trial, before + 200));
        assertThat(stage.results(stage.topics.shadowResults())).allSatisfy(result -> {
            assertThat(result.getArm()).isEqualTo(RolloutArm.SHADOW);
            assertThat(result.getVersion()).isEqualTo(2);
            assertThat(result.getEpoch()).isEqualTo(epoch);
            assertThat(result.getLabels().get(0).getIndex())
                    .isEqualTo((label(result.getRequestId()) + 1) % Stage.CLASSES);
        });
    }

    @Test
    void sendsWhatMeetsTheConditionsToTheChallengerAndTheSameKeyAlwaysTheSameWay() throws Exception {
        stage.worker();
        awaitLive(decide(trial(TrialKind.CANARY, 5_000, "key", Map.of("tag:country", "de"))), 2);

        for (int i = 0; i < 120; i++) {
            ImageRequest request = Stage.request("r" + i, 0, label("r" + i));
            request.setTags(i % 4 == 0 ? Map.of("country", "de") : Map.of("country", "at"));
            stage.sendRaw("camera-" + i % 10, stage.encode(request));
        }
        await().atMost(PATIENCE).until(() -> stage.results().size() >= 120);

        Map<Integer, Set<RolloutArm>> armsOfCameras = stage.results().stream()
                .filter(result -> number(result) % 4 != 0)
                .collect(Collectors.groupingBy(
                        result -> number(result) % 10,
                        Collectors.mapping(InferenceResult::getArm, Collectors.toSet())));
        assertThat(armsOfCameras.values())
                .hasSize(10)
                .allSatisfy(arms -> assertThat(arms).as("arms of a camera").hasSize(1));
        assertThat(new HashSet<>(armsOfCameras.values())).as("of all cameras").hasSize(2);
        assertThat(stage.results())
                .filteredOn(result -> number(result) % 4 == 0)
                .hasSize(30)
                .allSatisfy(result -> assertThat(result.getArm()).isEqualTo(RolloutArm.CHALLENGER));
    }

    @Test
    void answersEverythingByTheChampionWhereTheChallengerIsRefusedAndSaysWhy() throws Exception {
        stage.worker();
        byte[] other = Stage.onnx(3);
        stage.announce(Stage.manifest(3, Stage.onnx(2)), other, signed -> signed);
        Trial broken = Trial.newBuilder(trial(TrialKind.CANARY, 10_000, "", Map.of()))
                .setChallenger(3)
                .build();
        long epoch = decide(broken);
        await().atMost(PATIENCE)
                .until(() -> statuses(epoch).stream().anyMatch(status -> status.getState() == ModelState.REFUSED));

        send(60);

        assertThat(stage.results()).hasSize(60).allSatisfy(result -> assertThat(result.getVersion())
                .isEqualTo(1));
        assertThat(statuses(epoch))
                .satisfiesExactlyInAnyOrder(
                        status -> {
                            assertThat(status.getVersion()).isEqualTo(1);
                            assertThat(status.getRole()).isEqualTo(ModelRole.CHAMPION);
                            assertThat(status.getState()).isEqualTo(ModelState.LIVE);
                        },
                        status -> {
                            assertThat(status.getVersion()).isEqualTo(3);
                            assertThat(status.getRole()).isEqualTo(ModelRole.CHALLENGER);
                            assertThat(status.getDetail()).contains("artifact");
                        });
    }

    @Test
    void answersPinnedRequestsByAVersionThatIsKeptAndRefusesThoseForAnyOther() throws Exception {
        stage.worker();
        stage.decide(Stage.rollout("tiny", 2).setKeepVersions(List.of(1)).build());
        await().atMost(PATIENCE)
                .until(() -> stage.lastStatus(WORKER).getModels().size() == 2
                        && stage.lastStatus(WORKER).getModels().stream()
                                .allMatch(status -> status.getState() == ModelState.LIVE));

        for (int version = 1; version <= 3; version++) {
            ImageRequest request = Stage.request("v" + version, 0, 0);
            request.setVersion(version);
            stage.send(request);
        }
        await().atMost(PATIENCE).until(() -> stage.results().size() >= 3);

        assertThat(result("v1").getVersion()).isEqualTo(1);
        assertThat(result("v1").getArm()).isEqualTo(RolloutArm.PINNED);
        assertThat(result("v1").getEpoch()).isNull();
        assertThat(result("v2").getVersion()).isEqualTo(2);
        assertThat(result("v3").getStatus()).isEqualTo(ResultStatus.REJECTED);
        assertThat(result("v3").getErrorClass()).isEqualTo("UNKNOWN_MODEL");
    }

    private InferenceResult result(String id) {
        return stage.results().stream()
                .filter(result -> result.getRequestId().equals(id))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void refusesByNameAChallengerThatIsBeyondTheMemoryBudget() throws Exception {
        long room = 3L * Stage.onnx(0).length;
        stage.worker("millrace.models.memory", Long.toString(room));
        long epoch = decide(trial(TrialKind.CANARY, 10_000, "", Map.of()));

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(statuses(epoch))
                .filteredOn(status -> status.getState() == ModelState.REFUSED)
                .singleElement()
                .satisfies(status -> assertThat(status.getDetail())
                        .startsWith("memory: tiny v2 needs ")
                        .contains("[tiny v1]")));
    }

    @Test
    void letsAWorkerThatJoinsLateComeToTheSamePlan() throws Exception {
        stage.worker();
        Trial trial = trial(TrialKind.CANARY, 2_500, "", Map.of());
        long epoch = decide(trial);
        awaitLive(epoch, 2);
        stage.worker();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(stage.lastStatus("worker-1").getModels().stream()
                        .map(ModelStatus::toString)
                        .collect(Collectors.toSet()))
                .isEqualTo(statuses(epoch).stream().map(ModelStatus::toString).collect(Collectors.toSet())));

        await().atMost(PATIENCE).until(() -> stage.lastStatus("worker-1").getLanes().stream()
                .anyMatch(lane -> !lane.getPartitions().isEmpty()));

        send(200);

        assertThat(stage.results()).extracting(InferenceResult::getWorker).contains("worker-1");
        Set<String> toChallenger = predicted(trial, 200);
        assertThat(stage.results()).hasSize(200).allSatisfy(result -> assertThat(result.getArm())
                .isEqualTo(toChallenger.contains(result.getRequestId()) ? RolloutArm.CHALLENGER : RolloutArm.CHAMPION));
    }

    private static Trial trial(TrialKind kind, int share, String sticky, Map<String, String> conditions) {
        return new Trial(2, kind, share, List.of(share), 0L, Instant.EPOCH, false, sticky, conditions);
    }

    /** Returns the epoch. */
    private long decide(Trial trial) {
        stage.decide(Stage.rollout("tiny", 1).setTrial(trial).build());
        return stage.read(stage.topics.control()).stream()
                .mapToLong(record -> record.offset())
                .max()
                .orElseThrow();
    }

    private List<ModelStatus> statuses(long epoch) {
        return stage.lastStatus(WORKER).getModels().stream()
                .filter(status -> status.getEpoch() == epoch)
                .toList();
    }

    private void awaitLive(long epoch, int versions) {
        await().atMost(PATIENCE)
                .until(() -> statuses(epoch).stream()
                                .filter(status -> status.getState() == ModelState.LIVE)
                                .count()
                        == versions);
    }

    private void send(int count) {
        send(0, count);
    }

    private void send(int from, int to) {
        IntStream.range(from, to).forEach(i -> stage.send(Stage.request("r" + i, 0, label("r" + i))));
        await().atMost(PATIENCE).until(() -> stage.results().size() >= to);
    }

    private static int label(String id) {
        return Integer.parseInt(id.substring(1)) % Stage.CLASSES;
    }

    private static int number(InferenceResult result) {
        return Integer.parseInt(result.getRequestId().substring(1));
    }

    /** Those of r0, r1, ... that the challenger gets, as the published rule says. */
    private static Set<String> predicted(Trial trial, int requests) {
        Split split = new Split("tiny", trial);
        return IntStream.range(0, requests)
                .mapToObj(i -> "r" + i)
                .filter(id -> split.toChallenger(new ById(id)))
                .collect(Collectors.toSet());
    }

    private record ById(String requestId) implements Split.Traits {
        @Override
        public byte @Nullable [] key() {
            return requestId.getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public @Nullable String tag(String name) {
            return null;
        }

        @Override
        public byte @Nullable [] header(String name) {
            return null;
        }
    }
}
