package dev.millrace.trainer.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.Feedback;
import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.LabelCounts;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.schemas.RolloutEvent;
import dev.millrace.schemas.ScoredLabel;
import dev.millrace.schemas.StageTimings;
import dev.millrace.schemas.TrainerState;
import dev.millrace.schemas.TrainerStatus;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.WireSerializer;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.drift.Drift;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.trainer.publish.PublishedVersion;
import dev.millrace.trainer.publish.TrainerSeen;
import dev.millrace.trainer.retrain.Progress;
import dev.millrace.trainer.retrain.RetrainSpec;
import dev.millrace.trainer.retrain.RunSamples;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.CRC32C;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Retrainers that really train, beside records that producers, workers and people would write. */
@Timeout(300)
class RetrainerIT {
    @RegisterExtension
    static final KafkaBroker BROKER = new KafkaBroker();

    private static final String MODEL = "m";
    private static final String QUICK = """
            train: {epochs: 1, batch: 50, learning_rate: 0.05}
            replay: {images: 1000, held_out: 0.2}
            trigger: {labels: 100}
            gate: {base_drop: 100, replay_gain: -100}
            limits: {memory_mib: 2048}
            rollout: {kind: promote}
            """;

    @TempDir
    Path folder;

    private final Topics topics = new Topics(KafkaBroker.freshPrefix());
    private final KeyPair keys = ManifestKeys.generate();
    private KafkaProducer<String, SpecificRecord> producer;

    /** What a retrainer told. */
    private static final class Seen implements RetrainView {
        private final List<String> troubles = new ArrayList<>();
        private final List<String> runs = new ArrayList<>();
        private final List<Progress> progress = new CopyOnWriteArrayList<>();
        private boolean leads;

        @Override
        public void leading(boolean leads) {
            this.leads = leads;
        }

        @Override
        public void drifted(Drift drift) {}

        @Override
        public void running(String run, String why) {
            runs.add(run);
        }

        @Override
        public void progressed(Progress told) {
            progress.add(told);
        }

        @Override
        public void ended(String run, String outcome) {}

        @Override
        public void rolledOut(String outcome) {}

        @Override
        public void trouble(String message) {
            troubles.add(message);
        }
    }

    @BeforeEach
    void createTopics() throws Exception {
        try (Admin admin = Admin.create(client())) {
            assertThat(new TopicProvisioner(admin).createMissing(topics.catalogue(2, (short) 1)))
                    .allMatch(state -> state.usable());
        }
        producer = new KafkaProducer<>(client(), new StringSerializer(), new WireSerializer());
    }

    @AfterEach
    void closeTheProducer() {
        producer.close();
    }

    @Test
    void makesTheFirstVersionWhenAskedAndTheNextFromLabelsOfTheStream() throws Exception {
        Seen seen = new Seen();
        ask();
        try (Retrainer retrainer = retrainer(seen, QUICK, "a")) {
            turn(retrainer, () -> champion() == 1);
            stream();
            turn(retrainer, () -> champion() == 2);
            turn(retrainer, () -> status().getState() == TrainerState.WATCHING);

            LabelCounts counts = status().getLabels();
            assertThat(counts.getKept()).isEqualTo(120);
            assertThat(counts.getSeen()).isEqualTo(125);
            assertThat(counts.getOutside()).isEqualTo(1);
            assertThat(counts.getExpired()).isEqualTo(1);
            assertThat(counts.getUnknown()).as("no such offset").isEqualTo(1);
            assertThat(counts.getWaiting()).as("nobody has seen that request").isEqualTo(1);
            assertThat(counts.getUndecodable()).as("cut off").isEqualTo(1);
            assertThat(status().getLastOutcome()).isEqualTo("published as version 2");
            assertThat(status().getCurve()).isEmpty();
        }

        assertThat(actions())
                .containsExactly(
                        RolloutAction.RETRAIN_ASKED,
                        RolloutAction.RETRAINING,
                        RolloutAction.PUBLISHED,
                        RolloutAction.RETRAINING,
                        RolloutAction.PUBLISHED,
                        RolloutAction.PROMOTED);
        assertThat(story().get(3).getReason()).isEqualTo("120 new labels");
        assertThat(lineage(2)).containsEntry("retrain.from", "champion").containsEntry("retrain.champion", "1");
        assertThat(Integer.parseInt(lineage(2).get("retrain.replayed"))
                        + Integer.parseInt(lineage(2).get("retrain.held-out")))
                .isEqualTo(120);
        assertThat(seen.troubles).isEmpty();
        assertThat(registry().trainers()).as("it has left").isEmpty();
    }

    @Test
    void anotherOneGoesOnWithTheRunOfOneThatHasGone() throws Exception {
        Seen first = new Seen();
        Seen second = new Seen();
        ask();
        try (Retrainer standby = retrainer(second, QUICK, "b")) {
            try (Retrainer leader = retrainer(first, QUICK, "a")) {
                turn(leader, () -> first.leads);
                turn(standby, () -> {
                    leader.turn();
                    return !first.progress.isEmpty();
                });
                assertThat(second.leads).isFalse();
            }
            turn(standby, () -> champion() == 1);
        }

        assertThat(second.runs).containsExactlyElementsOf(first.runs);
        assertThat(actions())
                .containsExactly(RolloutAction.RETRAIN_ASKED, RolloutAction.RETRAINING, RolloutAction.PUBLISHED);
    }

    @Test
    void aRunWhoseBaseDataIsGoneFailsOnRecordAndIsNotTriedAgain() throws Exception {
        Seen seen = new Seen();
        ask();
        try (Retrainer retrainer = retrainer(seen, QUICK, "a")) {
            turn(retrainer, () -> champion() == 1);
            for (String part : List.of("train", "t10k")) {
                Files.delete(folder.resolve("base").resolve(part + "-images-idx3-ubyte"));
            }
            ask();
            turn(retrainer, () -> actions().contains(RolloutAction.RETRAIN_FAILED));
            turn(retrainer, () -> status().getState() == TrainerState.WATCHING);
        }

        assertThat(champion()).isEqualTo(1);
        assertThat(actions()).filteredOn(RolloutAction.RETRAINING::equals).hasSize(2);
        assertThat(story().get(story().size() - 1).getReason()).contains("images-idx3-ubyte");
    }

    /** 120 labelled requests, and labels that lead nowhere. */
    private void stream() throws Exception {
        Dataset data = RunSamples.bundled();
        LabelledImages images = data.test();
        RecordMetadata first = request("early", images.image(0));
        for (int i = 0; i < 120; i++) {
            String id = "r" + i;
            RecordMetadata at = request(id, images.image(500 + i));
            answer(id, at);
            label(id, data.classes().get(images.label(500 + i)), null, -1);
        }
        RecordMetadata cutOff = request("cut off", Arrays.copyOf(images.image(1), 100));
        producer.flush();
        try (Admin admin = Admin.create(client())) {
            TopicPartition partition = new TopicPartition(first.topic(), first.partition());
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(first.offset() + 1)))
                    .all()
                    .get();
        }
        label("early", data.classes().get(0), first, first.offset());
        label("late", data.classes().get(0), first, 1_000_000);
        label("cut off", data.classes().get(0), cutOff, cutOff.offset());
        label("r7", "no such class", null, -1);
        label("of nobody", data.classes().get(0), null, -1);
        producer.flush();
    }

    private RecordMetadata request(String id, byte[] pixels) throws Exception {
        CRC32C crc = new CRC32C();
        crc.update(pixels);
        return producer.send(new ProducerRecord<>(
                        topics.requests(),
                        0,
                        id,
                        ImageRequest.newBuilder()
                                .setRequestId(id)
                                .setBytes(ByteBuffer.wrap(pixels))
                                .setEncoding(ImageEncoding.RAW_U8)
                                .setWidth(28)
                                .setHeight(28)
                                .setChannels(1)
                                .setCrc32c(crc.getValue())
                                .setCreatedAt(now())
                                .build()))
                .get();
    }

    private void answer(String id, RecordMetadata request) {
        var unused = producer.send(new ProducerRecord<>(
                topics.results(),
                id,
                InferenceResult.newBuilder()
                        .setRequestId(id)
                        .setSourceTopic(request.topic())
                        .setSourcePartition(request.partition())
                        .setSourceOffset(request.offset())
                        .setStatus(ResultStatus.OK)
                        .setModel(MODEL)
                        .setVersion(1)
                        .setLabels(List.of(new ScoredLabel(0, "a", 0.9f)))
                        .setTimings(new StageTimings(0L, 0L, 0L, 0L))
                        .setCompletedAt(now())
                        .setBatchSize(1)
                        .setWorker("w")
                        .setLane(0)
                        .setArm(RolloutArm.CHAMPION)
                        .setEpoch(1L)
                        .build()));
    }

    private void label(String id, String label, @Nullable RecordMetadata place, long offset) {
        var unused = producer.send(new ProducerRecord<>(
                topics.feedback(),
                id,
                Feedback.newBuilder()
                        .setRequestId(id)
                        .setLabel(label)
                        .setObservedAt(now())
                        .setObservedBy("ann")
                        .setSourceTopic(place == null ? "" : place.topic())
                        .setSourcePartition(place == null ? -1 : place.partition())
                        .setSourceOffset(offset)
                        .build()));
    }

    private void ask() throws Exception {
        registry()
                .tell(RolloutEvent.newBuilder()
                        .setModel(MODEL)
                        .setAction(RolloutAction.RETRAIN_ASKED)
                        .setVersion(0)
                        .setChampion(0)
                        .setDecidedAt(now())
                        .setDecidedBy("ann")
                        .setReason("test")
                        .build());
    }

    private Retrainer retrainer(RetrainView view, String more, String id) throws Exception {
        Path base = folder.resolve("base");
        RetrainSpec spec =
                RunSamples.spec(Files.exists(base) ? "fashion-mnist:" + base : RunSamples.baseData(base, 400), more);
        return new Retrainer(
                client(),
                topics,
                spec,
                folder.resolve("work-" + id),
                new ManifestSigner(keys.getPrivate(), keys.getPublic()),
                id,
                "trainer@test",
                List.of("retrain"),
                Clock.systemUTC(),
                view);
    }

    private static void turn(Retrainer retrainer, Callable<Boolean> until) {
        await().pollInSameThread()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .atMost(Duration.ofMinutes(2))
                .until(() -> {
                    boolean unused = retrainer.turn();
                    return until.call();
                });
    }

    private int champion() throws Exception {
        var decision = registry().read().decision(MODEL);
        return decision == null ? 0 : decision.rollout().getChampion();
    }

    private Map<String, String> lineage(int version) throws Exception {
        return PublishedVersion.read(registry().read(), MODEL, version)
                .orElseThrow()
                .manifest()
                .getLineage();
    }

    private List<RolloutEvent> story() throws Exception {
        return registry().story(MODEL);
    }

    private List<RolloutAction> actions() throws Exception {
        return story().stream().map(RolloutEvent::getAction).toList();
    }

    private TrainerStatus status() throws Exception {
        return registry().trainers().stream()
                .map(TrainerSeen::status)
                .findFirst()
                .orElseGet(() -> TrainerStatus.newBuilder()
                        .setTrainer("")
                        .setStartedAt(now())
                        .setReportedAt(now())
                        .setState(TrainerState.STANDBY)
                        .setRoles(List.of())
                        .setLabels(LabelCounts.newBuilder().build())
                        .setDrift(dev.millrace.schemas.DriftStatus.newBuilder().build())
                        .build());
    }

    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS);
    }

    private ModelRegistry registry() {
        return new ModelRegistry(client(), topics);
    }

    private Map<String, Object> client() {
        return Map.of("bootstrap.servers", BROKER.bootstrapServers());
    }
}
