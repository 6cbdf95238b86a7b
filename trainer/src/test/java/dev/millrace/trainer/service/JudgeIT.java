package dev.millrace.trainer.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.Feedback;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ModelRole;
import dev.millrace.schemas.ModelState;
import dev.millrace.schemas.ModelStatus;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.schemas.RolloutEvent;
import dev.millrace.schemas.ScoredLabel;
import dev.millrace.schemas.StageTimings;
import dev.millrace.schemas.Trial;
import dev.millrace.schemas.TrialKind;
import dev.millrace.schemas.WorkerState;
import dev.millrace.schemas.WorkerStatus;
import dev.millrace.schemas.confluent.RegistryServer;
import dev.millrace.schemas.confluent.RegistryServer.Mood;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.WireSerializer;
import dev.millrace.schemas.wire.WireTerms;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.judge.Judgement;
import dev.millrace.trainer.judge.Policy;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.publish.ModelRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The judge beside records that a worker and people would write. */
@Timeout(120)
class JudgeIT {
    @RegisterExtension
    static final KafkaBroker BROKER = new KafkaBroker();

    private static final String MODEL = "fashion-mnist";
    private static final int RESULTS = 1_500;

    @TempDir
    Path folder;

    private final Topics topics = new Topics(KafkaBroker.freshPrefix());
    private final Seen seen = new Seen();
    private final Map<String, Object> client = new HashMap<>(Map.of("bootstrap.servers", BROKER.bootstrapServers()));
    private KafkaProducer<String, SpecificRecord> producer;
    private long nextOffset;

    /** What a judge told. */
    private static final class Seen implements JudgeView {
        private final List<RolloutEvent> events = new ArrayList<>();
        private final List<Judgement> looks = new ArrayList<>();
        private final List<String> messages = new ArrayList<>();
        private boolean leads;

        @Override
        public void leading(boolean leads) {
            this.leads = leads;
        }

        @Override
        public void looked(Judgement judgement, List<RolloutEvent> story) {
            looks.add(judgement);
        }

        @Override
        public void decided(Judgement judgement, RolloutEvent event, List<RolloutEvent> story) {
            events.add(event);
        }

        @Override
        public void refused(Judgement judgement, String message) {
            messages.add(message);
        }

        @Override
        public void trouble(String message) {
            messages.add(message);
        }

        List<RolloutAction> actions() {
            return events.stream().map(RolloutEvent::getAction).toList();
        }
    }

    @BeforeEach
    void publishTwoVersions() throws Exception {
        try (Admin admin = Admin.create(client())) {
            assertThat(new TopicProvisioner(admin).createMissing(topics.catalogue(2, (short) 1)))
                    .allMatch(state -> state.usable());
        }
        producer = new KafkaProducer<>(client(), new StringSerializer(), new WireSerializer());
        byte[] onnx = BundledModels.read(BundledModels.FASHION_MNIST);
        KeyPair keys = ManifestKeys.generate();
        for (int version = 1; version <= 2; version++) {
            registry()
                    .publish(
                            onnx,
                            ManifestDraft.of(onnx, null, null),
                            new ManifestSigner(keys.getPrivate(), keys.getPublic()),
                            ModelRegistry.Start.WAITING,
                            "ann",
                            "");
        }
    }

    @AfterEach
    void closeTheProducer() {
        producer.close();
    }

    @Test
    void stepsAndPromotesAChallengerThatKeepsAllLimits() throws Exception {
        begin(TrialKind.CANARY);
        answers(RolloutArm.CHAMPION, "a");
        answers(RolloutArm.CHALLENGER, "a");

        try (Judge judge = judge(seen)) {
            turn(judge, () -> seen.actions().contains(RolloutAction.HELD));
            assertThat(seen.events.get(0).getReason())
                    .as("no worker has said anything")
                    .isEqualTo("not enough live workers serve both versions");
            heartbeat();
            turn(judge, () -> seen.actions().contains(RolloutAction.STEPPED));
        }
        assertThat(trial().getShare()).isEqualTo(5_000);
        answers(RolloutArm.CHAMPION, "a");
        answers(RolloutArm.CHALLENGER, "a");
        try (Judge next = judge(seen)) {
            turn(next, () -> seen.looks.stream()
                    .anyMatch(look -> look.figures().getOrDefault("challenger.results", 0.0) >= RESULTS
                            && look.trial().share() == 5_000));
            assertThat(seen.actions())
                    .as("the worker has not acknowledged the step")
                    .doesNotContain(RolloutAction.PROMOTED);
            heartbeat();
            turn(next, () -> seen.actions().contains(RolloutAction.PROMOTED));
        }

        assertThat(rollout().getChampion()).isEqualTo(2);
        assertThat(rollout().getTrial()).isNull();
        assertThat(rollout().getDecidedBy()).isEqualTo("judge@test");
        assertThat(registry().story(MODEL))
                .filteredOn(event -> event.getAction() == RolloutAction.PROMOTED)
                .singleElement()
                .satisfies(event -> assertThat(event.getFigures())
                        .containsEntry("challenger.errors", 0.0)
                        .containsEntry("challenger.results", (double) RESULTS));
        assertThat(seen.messages).isEmpty();
    }

    @Test
    void rollsBackAChallengerThatLabelsProveWorse() throws Exception {
        begin(TrialKind.CANARY);
        heartbeat();
        labels(nextOffset, nextOffset + RESULTS, "a");
        answers(RolloutArm.CHAMPION, "a");
        long first = nextOffset;
        answers(RolloutArm.CHALLENGER, "b");
        labels(first, nextOffset, "a");

        try (Judge judge = judge(new Reporting(seen, new ReportFolder(folder)))) {
            turn(judge, () -> seen.actions().contains(RolloutAction.ROLLED_BACK));
        }

        assertThat(rollout().getChampion()).isEqualTo(1);
        assertThat(rollout().getTrial()).isNull();
        assertThat(rollout().getReason())
                .startsWith("version 2 is beyond its limits: accuracy 0.00 %, the champion's 100.00 %");
        assertThat(Files.readString(folder.resolve("fashion-mnist-v2.html")))
                .contains("<strong>rolled back</strong>", "accuracy", "<svg", "canary begun")
                .doesNotContain("src=", "href=");
    }

    /** Looks and decisions make pages, as the command does. */
    private record Reporting(Seen seen, ReportFolder reports) implements JudgeView {
        @Override
        public void leading(boolean leads) {
            seen.leading(leads);
        }

        @Override
        public void looked(Judgement judgement, List<RolloutEvent> story) {
            seen.looked(judgement, story);
        }

        @Override
        public void decided(Judgement judgement, RolloutEvent event, List<RolloutEvent> story) {
            seen.decided(judgement, event, story);
            try {
                reports.write(judgement, story);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void refused(Judgement judgement, String message) {
            seen.refused(judgement, message);
        }

        @Override
        public void trouble(String message) {
            seen.trouble(message);
        }
    }

    @Test
    void seesTheSameAfterARestartAndDoesNotTellItAgain() throws Exception {
        begin(TrialKind.CANARY);
        answers(RolloutArm.CHAMPION, "a");
        long first = nextOffset;
        answers(RolloutArm.CHALLENGER, "b");
        nextOffset = first;
        answers(RolloutArm.CHALLENGER, "b");
        labels(first, first + 40, "a");

        Judgement before = lookOnce(seen);
        Seen again = new Seen();
        Judgement after = lookOnce(again);

        assertThat(after.seen()).isEqualTo(before.seen());
        assertThat(after.figures())
                .containsEntry("challenger.results", (double) RESULTS)
                .containsEntry("challenger.labels", 40.0);
        assertThat(seen.actions()).containsExactly(RolloutAction.HELD);
        assertThat(again.events).isEmpty();
    }

    /** More than it remembers; topics that are read one after the other would have it forget the most. */
    @Test
    void forgetsNoLabelThatCameInTimeHoweverMuchThereIsToReadAgain() throws Exception {
        int requests = 4_000;
        begin(TrialKind.CANARY, now().minusSeconds(requests));
        Instant time = now().minusSeconds(requests);
        for (int i = 0; i < requests; i++, time = time.plusSeconds(1)) {
            RolloutArm arm = i % 2 == 0 ? RolloutArm.CHAMPION : RolloutArm.CHALLENGER;
            InferenceResult result = answer(arm, "a", nextOffset++, time);
            String id = result.getRequestId();
            sendAt(time, topics.results(), id, result);
            sendAt(time.plusSeconds(30), topics.feedback(), id, new Feedback(id, "a", time, "ann", "", -1, -1L));
        }
        producer.flush();

        Judgement look;
        try (Judge judge = judge(seen, "labels: {remembered: 2000}\n")) {
            turn(judge, () -> !seen.looks.isEmpty());
            look = seen.looks.get(0);
        }

        assertThat(look.figures())
                .containsEntry("champion.labels", requests / 2.0)
                .containsEntry("challenger.labels", requests / 2.0)
                .containsEntry("labels.forgotten", 0.0);
    }

    private void sendAt(Instant time, String topic, String key, SpecificRecord value) {
        var unused = producer.send(new ProducerRecord<>(topic, null, time.toEpochMilli(), key, value));
    }

    /** The first look of a new judge, and what it told of it. */
    private Judgement lookOnce(Seen view) throws Exception {
        try (Judge judge = judge(view)) {
            turn(judge, () -> !view.looks.isEmpty());
        }
        return view.looks.get(0);
    }

    @Test
    void onlyReportsAShadowAndJoinsItsAnswersToTheChampions() throws Exception {
        begin(TrialKind.SHADOW);
        heartbeat();
        answers(RolloutArm.CHAMPION, "a");
        nextOffset -= RESULTS;
        answers(RolloutArm.SHADOW, "a");

        try (Judge judge = judge(seen)) {
            turn(judge, () -> seen.actions().contains(RolloutAction.HELD));
        }

        assertThat(seen.events.get(0).getReason())
                .isEqualTo("the shadow keeps all limits; what comes next is for people to say");
        assertThat(seen.events.get(0).getFigures()).containsEntry("challenger.agreement", 1.0);
        assertThat(trial().getKind()).isEqualTo(TrialKind.SHADOW);
    }

    @Test
    void makesACanaryOfAShadowThatPassesAndPromotesItAfterTheLastStep() throws Exception {
        String policy = "shadow: {then: canary, steps: [10%], hold_s: 0.001}\n";
        begin(TrialKind.SHADOW);
        heartbeat();
        answers(RolloutArm.CHAMPION, "a");
        nextOffset -= RESULTS;
        answers(RolloutArm.SHADOW, "a");

        try (Judge judge = judge(new Reporting(seen, new ReportFolder(folder)), policy)) {
            turn(judge, () -> seen.actions().contains(RolloutAction.CANARY_BEGUN));
            Trial canary = trial();
            assertThat(canary.getKind()).isEqualTo(TrialKind.CANARY);
            assertThat(canary.getChallenger()).isEqualTo(2);
            assertThat(canary.getShare()).isEqualTo(1_000);
            assertThat(canary.getSticky()).isEqualTo("tag:user");
            assertThat(canary.getConditions()).containsExactly(Map.entry("tag:country", "de"));
            heartbeat();
            turn(judge, () -> look().trial().kind() == TrialKind.CANARY);
            assertThat(look().figures())
                    .as("what was seen of the shadow is of another step")
                    .containsEntry("challenger.results", 0.0)
                    .doesNotContainKey("challenger.agreement");

            answers(RolloutArm.CHAMPION, "a");
            answers(RolloutArm.CHALLENGER, "a");
            turn(judge, () -> seen.actions().contains(RolloutAction.PROMOTED));
        }

        assertThat(rollout().getChampion()).isEqualTo(2);
        assertThat(rollout().getTrial()).isNull();
        assertThat(registry().story(MODEL))
                .filteredOn(event -> event.getAction() == RolloutAction.CANARY_BEGUN
                        && event.getDecidedBy().equals("judge@test"))
                .singleElement()
                .satisfies(event -> assertThat(event.getFigures()).containsEntry("challenger.agreement", 1.0));
        assertThat(Files.readString(folder.resolve("fashion-mnist-v2.html")))
                .contains("<strong>promoted</strong>", "canary begun", "version 2 keeps all limits");
        assertThat(seen.messages).isEmpty();
    }

    @Test
    void judgesByResultsAndLabelsInConfluentsFraming() throws Exception {
        try (RegistryServer schemas = new RegistryServer()) {
            frame(schemas);
            begin(TrialKind.CANARY);
            heartbeat();
            long first = nextOffset;
            answers(RolloutArm.CHAMPION, "a");
            answers(RolloutArm.CHALLENGER, "a");
            labels(first, nextOffset, "a");
            assertThat(schemas.subjects())
                    .containsExactlyInAnyOrder(topics.results() + "-value", topics.feedback() + "-value");

            try (Judge judge = judge(seen)) {
                turn(judge, () -> seen.actions().contains(RolloutAction.STEPPED));
            }
        }

        assertThat(seen.events.get(seen.events.size() - 1).getFigures())
                .containsEntry("challenger.results", (double) RESULTS)
                .containsEntry("challenger.labels", (double) RESULTS)
                .containsEntry("challenger.accuracy", 1.0);
        assertThat(seen.messages).isEmpty();
    }

    /** What it cannot read yet is neither passed over nor judged without. */
    @Test
    void judgesNothingWhileTheRegistryIsAway() throws Exception {
        try (RegistryServer schemas = new RegistryServer()) {
            frame(schemas);
            begin(TrialKind.CANARY);
            heartbeat();
            answers(RolloutArm.CHAMPION, "a");
            answers(RolloutArm.CHALLENGER, "a");
            schemas.mood(Mood.BROKEN);

            try (Judge judge = judge(seen)) {
                turn(judge, () -> seen.messages.size() >= 2);
                assertThat(seen.messages).allSatisfy(message -> assertThat(message)
                        .contains("InferenceResult: schema id ", "status 500"));
                assertThat(seen.looks).isEmpty();

                schemas.mood(Mood.WELL);
                turn(judge, () -> !seen.looks.isEmpty());
            }
        }

        assertThat(seen.looks.get(0).figures())
                .containsEntry("champion.results", (double) RESULTS)
                .containsEntry("challenger.results", (double) RESULTS);
    }

    private Judgement look() {
        return seen.looks.get(seen.looks.size() - 1);
    }

    @Test
    void waitsWhileAnotherJudgeActsAndTakesOverWhenItLeaves() throws Exception {
        begin(TrialKind.CANARY);
        answers(RolloutArm.CHAMPION, "a");
        answers(RolloutArm.CHALLENGER, "a");
        Seen waiting = new Seen();
        try (Judge second = judge(waiting)) {
            try (Judge first = judge(seen)) {
                turn(first, () -> !seen.looks.isEmpty());
                for (int i = 0; i < 10; i++) {
                    assertThat(second.turn()).isTrue();
                    assertThat(first.turn()).isTrue();
                }
                assertThat(seen.leads).isTrue();
                assertThat(waiting.leads).isFalse();
                assertThat(waiting.looks).isEmpty();
            }
            heartbeat();
            turn(second, () -> waiting.actions().contains(RolloutAction.STEPPED));
        }
        assertThat(trial().getShare()).isEqualTo(5_000);
    }

    private Judge judge(JudgeView view) throws Exception {
        return judge(view, "");
    }

    private Judge judge(JudgeView view, String more) throws Exception {
        Path policy = Files.writeString(
                folder.resolve("policy.yaml"), "samples: {results: 1000}\nworkers: {heartbeat_s: 600}\n" + more);
        return new Judge(
                client(), topics, Policy.read(policy), "judge@test", Duration.ofMillis(100), Clock.systemUTC(), view);
    }

    private static void turn(Judge judge, Callable<Boolean> until) {
        await().atMost(Duration.ofSeconds(40))
                .pollInterval(Duration.ofMillis(1))
                .until(() -> {
                    judge.turn();
                    return until.call();
                });
    }

    private void begin(TrialKind kind) throws Exception {
        begin(kind, now());
    }

    private void begin(TrialKind kind, Instant since) throws Exception {
        Trial trial = Trial.newBuilder()
                .setChallenger(2)
                .setKind(kind)
                .setShare(1_000)
                .setSteps(kind == TrialKind.CANARY ? List.of(1_000, 5_000) : List.of())
                .setHoldMs(1)
                .setSteppedAt(since)
                .setSticky("tag:user")
                .setConditions(Map.of("tag:country", "de"))
                .build();
        Rollout next = Rollout.newBuilder(rollout()).setTrial(trial).build();
        send(topics.control(), new ControlKey.RolloutOf(MODEL).toString(), next);
        send(
                topics.control(),
                new ControlKey.Story(MODEL, "0").toString(),
                RolloutEvent.newBuilder()
                        .setModel(MODEL)
                        .setAction(RolloutAction.CANARY_BEGUN)
                        .setVersion(2)
                        .setChampion(1)
                        .setDecidedAt(now())
                        .setDecidedBy("ann")
                        .build());
    }

    /** A worker that serves both versions by the decision that is on record. */
    private void heartbeat() throws Exception {
        long epoch = Objects.requireNonNull(registry().read().decision(MODEL)).epoch();
        List<ModelStatus> models = List.of(
                new ModelStatus(MODEL, 1, "", epoch, ModelState.LIVE, "", ModelRole.CHAMPION),
                new ModelStatus(MODEL, 2, "", epoch, ModelState.LIVE, "", ModelRole.CHALLENGER));
        send(topics.status(), "w1", new WorkerStatus("w1", now(), now(), WorkerState.SERVING, List.of(), models));
    }

    private void answers(RolloutArm arm, String label) throws Exception {
        String topic = arm == RolloutArm.SHADOW ? topics.shadowResults() : topics.results();
        for (int i = 0; i < RESULTS; i++) {
            long offset = nextOffset++;
            InferenceResult result = answer(arm, label, offset, Instant.now());
            var unused = producer.send(new ProducerRecord<>(topic, "r" + offset, result));
        }
        producer.flush();
    }

    private InferenceResult answer(RolloutArm arm, String label, long offset, Instant at) {
        return InferenceResult.newBuilder()
                .setRequestId("r" + offset)
                .setSourceTopic(topics.requests())
                .setSourcePartition(0)
                .setSourceOffset(offset)
                .setStatus(ResultStatus.OK)
                .setModel(MODEL)
                .setVersion(Integer.valueOf(arm == RolloutArm.CHAMPION ? 1 : 2))
                .setLabels(List.of(new ScoredLabel(0, label, 0.9f)))
                .setTimings(new StageTimings(0L, 10L, 0L, 900L + offset % 90))
                .setCompletedAt(at)
                .setBatchSize(1)
                .setWorker("w1")
                .setLane(0)
                .setArm(arm)
                .build();
    }

    private void labels(long from, long to, String label) throws Exception {
        for (long offset = from; offset < to; offset++) {
            String id = "r" + offset;
            var unused = producer.send(
                    new ProducerRecord<>(topics.feedback(), id, new Feedback(id, label, now(), "ann", "", -1, -1L)));
        }
        producer.flush();
    }

    private void send(String topic, String key, SpecificRecord value) throws Exception {
        producer.send(new ProducerRecord<>(topic, key, value)).get();
    }

    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS);
    }

    private Rollout rollout() throws Exception {
        return Objects.requireNonNull(registry().read().decision(MODEL)).rollout();
    }

    private Trial trial() throws Exception {
        return Objects.requireNonNull(rollout().getTrial());
    }

    private ModelRegistry registry() {
        return new ModelRegistry(client(), topics);
    }

    private Map<String, Object> client() {
        return client;
    }

    /** From here on results and labels are written in Confluent's framing, and judges know the registry. */
    private void frame(RegistryServer schemas) {
        client.put(WireTerms.FORMAT, "confluent");
        client.put(WireTerms.REGISTRY_URL, schemas.url());
        producer.close();
        producer = new KafkaProducer<>(client(), new StringSerializer(), new WireSerializer(WireTerms.from(client)));
    }
}
