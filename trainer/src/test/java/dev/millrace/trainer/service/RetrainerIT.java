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
import dev.millrace.trainer.Samples;
import dev.millrace.trainer.SmallDisk;
import dev.millrace.trainer.cli.TrainerMain;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.drift.Drift;
import dev.millrace.trainer.export.OnnxExport;
import dev.millrace.trainer.net.Architecture;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.trainer.publish.ModelRegistry.Start;
import dev.millrace.trainer.publish.PublishedVersion;
import dev.millrace.trainer.retrain.Progress;
import dev.millrace.trainer.retrain.RetrainRun;
import dev.millrace.trainer.retrain.RetrainSpec;
import dev.millrace.trainer.retrain.RunSamples;
import dev.millrace.trainer.rollout.RolloutCommand;
import dev.millrace.trainer.rollout.VersionName;
import dev.millrace.trainer.weights.TrainedNet;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
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
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Retrainers that really train, beside records that producers, workers and people would write. */
@Timeout(300)
class RetrainerIT {
    @RegisterExtension
    static final KafkaBroker BROKER = new KafkaBroker();

    private static final String MODEL = "m";
    private static final int FLOOD = 20_000;
    private static final Pattern EPOCH = Pattern.compile("\"epoch\":(\\d+)");
    private static final String QUICK = """
            train: {epochs: 1, batch: 20, learning_rate: 0.05}
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
    private OnRecord record;
    private final List<Process> processes = new ArrayList<>();

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

    /** The system's clock, which can be put forward. */
    private static final class Ahead extends Clock {
        private volatile Duration by = Duration.ZERO;

        void goForward(Duration more) {
            by = by.plus(more);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException("no zone");
        }

        @Override
        public Instant instant() {
            return Instant.now().plus(by);
        }
    }

    /** A trainer's process and what it says. */
    private static final class Output {
        private final Process process;
        private final List<String> lines = new CopyOnWriteArrayList<>();

        Output(Process process) {
            this.process = process;
            Thread reader = new Thread(() -> process.inputReader().lines().forEach(lines::add), "output");
            reader.setDaemon(true);
            reader.start();
        }

        /** Last epoch that it has told of; 0: none. */
        int epochs() {
            return lines.stream()
                    .map(EPOCH::matcher)
                    .filter(Matcher::find)
                    .mapToInt(found -> Integer.parseInt(found.group(1)))
                    .max()
                    .orElse(0);
        }
    }

    private Process java(Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        processes.add(process);
        return process;
    }

    @BeforeEach
    void createTopics() throws Exception {
        try (Admin admin = Admin.create(client())) {
            assertThat(new TopicProvisioner(admin).createMissing(topics.catalogue(2, (short) 1)))
                    .allMatch(state -> state.usable());
        }
        producer = new KafkaProducer<>(client(), new StringSerializer(), new WireSerializer());
        record = new OnRecord(client(), topics);
    }

    @AfterEach
    void close() {
        processes.forEach(Process::destroyForcibly);
        record.close();
        producer.close();
    }

    @Test
    void makesTheFirstVersionWhenAskedAndTheNextFromLabelsOfTheStream() throws Exception {
        Seen seen = new Seen();
        ask();
        try (Retrainer retrainer = retrainer(seen, QUICK, "a")) {
            turn(retrainer, () -> champion() == 1);
            stream();
            turn(retrainer, () -> seen.runs.size() == 2);
            for (int i = 0; i < FLOOD; i++) {
                label("of nobody " + i, "Bag", null, -1);
            }
            turn(retrainer, () -> champion() == 2);
            turn(
                    retrainer,
                    () -> status().getState() == TrainerState.WATCHING
                            && status().getLabels().getSeen() == FLOOD + 125);

            LabelCounts counts = status().getLabels();
            assertThat(counts.getKept()).isEqualTo(120);
            assertThat(counts.getSeen()).isEqualTo(FLOOD + 125);
            assertThat(counts.getOutside()).isEqualTo(1);
            assertThat(counts.getExpired()).isEqualTo(1);
            assertThat(counts.getUnknown()).as("no such offset").isEqualTo(1);
            assertThat(counts.getWaiting()).as("nobody has seen those requests").isEqualTo(FLOOD + 1);
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

    /** SIGTERM in the middle of its training, SIGKILL when it has gone on; then the other one takes over. */
    @Test
    @EnabledIfSystemProperty(named = "millrace.faults.all", matches = "true")
    void aRunGoesOnWhereItWasInTheSameFolderAndAnewInAnotherAndEndsInOneVersion() throws Exception {
        ManifestKeys.write(keys, folder.resolve("publisher"));
        Path file = Files.writeString(
                folder.resolve("retrain.yaml"),
                spec(QUICK.replace("{epochs: 1,", "{epochs: 100,")).text());
        Path runs = folder.resolve("work-a/runs");
        ask();

        Output first = new Output(trainer(file));
        await().atMost(Duration.ofMinutes(2)).until(() -> first.epochs() > 0);
        first.process.destroy();
        assertThat(first.process.waitFor(1, TimeUnit.MINUTES)).isTrue();

        assertThat(first.process.exitValue()).isZero();
        assertThat(actions()).containsExactly(RolloutAction.RETRAIN_ASKED, RolloutAction.RETRAINING);
        String run = story().get(1).getRun();
        Path training = runs.resolve(run).resolve("train");
        assertThat(training.resolve("checkpoint.safetensors")).exists();
        List<String> learned = Files.readAllLines(training.resolve("metrics.jsonl"));
        assertThat(learned).isNotEmpty().hasSizeLessThan(100);

        Seen second = new Seen();
        Output again = new Output(trainer(file));
        await().atMost(Duration.ofMinutes(2)).until(() -> again.epochs() > 0);
        try (Retrainer standby = retrainer(second, QUICK, "b")) {
            turn(standby, () -> again.epochs() > learned.size());
            assertThat(second.leads).isFalse();
            again.process.destroyForcibly().waitFor();

            assertThat(Files.readAllLines(training.resolve("metrics.jsonl")))
                    .as("each line has the seconds that its epoch took")
                    .startsWith(learned.toArray(String[]::new))
                    .hasSizeGreaterThan(learned.size());
            turn(standby, () -> champion() == 1);
        }

        assertThat(second.runs).containsExactly(run);
        assertThat(actions())
                .containsExactly(RolloutAction.RETRAIN_ASKED, RolloutAction.RETRAINING, RolloutAction.PUBLISHED);
    }

    private Process trainer(Path file) throws Exception {
        return java(
                TrainerMain.class,
                "trainer",
                "--roles=retrain",
                "--retrain=" + file,
                "--work=" + folder.resolve("work-a"),
                "--key=" + folder.resolve("publisher.key"),
                "--bootstrap=" + BROKER.bootstrapServers(),
                "--prefix=" + topics.prefix(),
                // As short as a broker allows.
                "--kafka=session.timeout.ms=6000",
                "--json");
    }

    @Test
    void aRunOfATrainerThatWasKilledWhenItHadJustPublishedIsNotPublishedAgain() throws Exception {
        String id = UUID.randomUUID().toString();
        RetrainRun run = RunSamples.withCandidate(folder.resolve("work-a/runs"), id, spec(QUICK));
        registry().tell(decision(RolloutAction.RETRAINING).setRun(id).build());
        Process trainer = java(
                Publishing.class,
                BROKER.bootstrapServers(),
                topics.prefix(),
                folder.resolve("work-a").toString(),
                run.spec().text());
        try (BufferedReader said = trainer.inputReader()) {
            assertThat(said.readLine()).isEqualTo("published");
        }
        trainer.destroyForcibly().waitFor();
        assertThat(RetrainRun.open(run.folder()).hasCandidate()).as("not noted").isTrue();
        removeTheMember();

        for (String other : List.of("b", "a")) {
            Seen seen = new Seen();
            try (Retrainer retrainer = retrainer(seen, QUICK, other)) {
                turn(retrainer, () -> status().getLastOutcome().equals("published as version 1"));
                assertThat(seen.leads).isTrue();
                assertThat(seen.runs).isEmpty();
                assertThat(seen.troubles).isEmpty();
            }
        }

        assertThat(RetrainRun.open(run.folder()).version()).hasValue(1);
        assertThat(folder.resolve("work-a/weights").resolve(run.candidateSha256() + ".safetensors"))
                .hasSameBinaryContentAs(run.weights());
        assertThat(actions()).containsExactly(RolloutAction.RETRAINING, RolloutAction.PUBLISHED);
        assertThat(PublishedVersion.all(record.state())).hasSize(1);
    }

    /** What the test above kills: a retrainer that takes no turn after the one that has published. */
    static final class Publishing {
        private Publishing() {}

        public static void main(String[] arguments) throws Exception {
            Map<String, Object> client = Map.of("bootstrap.servers", arguments[0]);
            Topics topics = new Topics(arguments[1]);
            ModelRegistry registry = new ModelRegistry(client, topics);
            KeyPair keys = ManifestKeys.generate();
            try (Retrainer retrainer = new Retrainer(
                    client,
                    topics,
                    RetrainSpec.parse(arguments[3], "spec"),
                    Path.of(arguments[2]),
                    new ManifestSigner(keys.getPrivate(), keys.getPublic()),
                    "killed",
                    "trainer@test",
                    List.of("retrain"),
                    Clock.systemUTC(),
                    new Seen())) {
                while (registry.story(MODEL).stream()
                        .noneMatch(event -> event.getAction() == RolloutAction.PUBLISHED)) {
                    boolean unused = retrainer.turn();
                }
                System.out.println("published");
                new CountDownLatch(1).await();
            }
        }
    }

    /** Rather than wait until the broker misses the one that was killed. */
    private void removeTheMember() throws Exception {
        try (Admin admin = Admin.create(client())) {
            admin.removeMembersFromConsumerGroup(
                            topics.prefix() + "trainer.retrain." + MODEL, new RemoveMembersFromConsumerGroupOptions())
                    .all()
                    .get();
        }
    }

    @Test
    void aRunThatCannotBeginFailsOnRecordOnceAndTheNextOneIsForSomebodyToAsk() throws Exception {
        Path work = Files.writeString(folder.resolve("work-a"), "no folder");
        Ahead clock = new Ahead();
        try (Retrainer retrainer = retrainer(new Seen(), spec(QUICK), "a", clock)) {
            ask();
            turn(retrainer, () -> failures().size() == 1);
            assertThat(failures().get(0)).contains(work.toString());

            answering(Samples.randomNet(5));
            ask();
            turn(retrainer, () -> status().getTrouble().contains(work.toString()));
            assertThat(failures()).as("it may be for a moment").hasSize(1);
            clock.goForward(Duration.ofSeconds(31));
            turn(retrainer, () -> failures().size() == 2);
            assertThat(failures().get(1)).contains(work.toString());

            Files.delete(work);
            for (String part : List.of("train", "t10k")) {
                Files.delete(folder.resolve("base").resolve(part + "-images-idx3-ubyte"));
            }
            clock.goForward(Duration.ofSeconds(31));
            ask();
            turn(retrainer, () -> failures().size() == 3);
            assertThat(failures().get(2)).contains("images-idx3-ubyte");

            turn(retrainer, () -> status().getState() == TrainerState.WATCHING);
            clock.goForward(Duration.ofMinutes(5));
            for (int i = 0; i < 10; i++) {
                assertThat(retrainer.turn()).isTrue();
            }
        }

        assertThat(champion()).isEqualTo(1);
        assertThat(failures()).hasSize(3);
        assertThat(actions()).filteredOn(RolloutAction.RETRAINING::equals).hasSize(3);
    }

    @Test
    void aFullDiskEndsTheRunOnRecordAndTheNextOneGoesThrough() throws Exception {
        Ahead clock = new Ahead();
        Seen seen = new Seen();
        answering(Samples.randomNet(5));
        try (SmallDisk disk = SmallDisk.on(folder.resolve("work-a"), 128);
                Retrainer retrainer = retrainer(seen, spec(QUICK), "a", clock)) {
            turn(retrainer, () -> status().getState() == TrainerState.WATCHING);
            ask();
            turn(retrainer, () -> !seen.runs.isEmpty());
            disk.fill();
            turn(retrainer, () -> !failures().isEmpty());
            assertThat(failures().get(0)).contains("No space left on device");

            stream();
            turn(retrainer, () -> status().getTrouble().contains("No space left on device"));
            assertThat(status().getLabels().getKept()).isZero();
            assertThat(champion()).isEqualTo(1);
            assertThat(seen.leads).isTrue();

            disk.free();
            clock.goForward(Duration.ofSeconds(31));
            turn(retrainer, () -> champion() == 2);
            turn(retrainer, () -> status().getState() == TrainerState.WATCHING);
            assertThat(status().getTrouble()).isEmpty();
            assertThat(status().getLabels().getKept()).isEqualTo(120);
        }

        assertThat(failures()).hasSize(1);
        assertThat(story()).anyMatch(event -> event.getReason().equals("120 new labels"));
    }

    @Test
    void aChampionThatDoesNotFitTheBaseDataEndsTheRunOnRecordAndItsLabelsAreCollected() throws Exception {
        TrainedNet net = Samples.randomNet(5);
        List<String> others = net.labels().stream().map(label -> "no " + label).toList();
        answering(new TrainedNet(net.network(), net.normalization(), others, net.weights(), net.lineage()));
        RetrainSpec deep = RetrainSpec.parse(spec(QUICK).text().replace("resnet-micro", "vgg"), "retrain.yaml");
        try (Retrainer retrainer = retrainer(new Seen(), deep, "a", Clock.systemUTC())) {
            labelled("first", others.get(3));
            turn(retrainer, () -> status().getLabels().getKept() == 1);
            ask();
            turn(retrainer, () -> failures().size() == 1);
            assertThat(failures().get(0))
                    .startsWith("train: classes: ")
                    .contains("(expected: only labels that the model knows: [no ");
            turn(retrainer, () -> status().getTrouble().startsWith("drift is not measured: classes: "));

            labelled("second", others.get(4));
            turn(retrainer, () -> status().getLabels().getKept() == 2);

            answering(Samples.randomNet(Architecture.RESNET_MICRO.network(new ImageShape(4, 4, 1), 10), 6));
            registry().decide(new RolloutCommand.Promote(MODEL, VersionName.of(2)), "ann", "");
            turn(retrainer, () -> status().getLabels().getKept() == 0);
            ask();
            turn(retrainer, () -> failures().size() == 2);
            assertThat(failures().get(1)).startsWith("train: ").contains("take larger images");
            turn(retrainer, () -> status().getState() == TrainerState.WATCHING);
        }
        assertThat(champion()).isEqualTo(2);
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
        registry().tell(decision(RolloutAction.RETRAIN_ASKED).build());
    }

    private static RolloutEvent.Builder decision(RolloutAction action) {
        return RolloutEvent.newBuilder()
                .setModel(MODEL)
                .setAction(action)
                .setVersion(0)
                .setChampion(0)
                .setDecidedAt(now())
                .setDecidedBy("ann")
                .setReason("test");
    }

    /** Publishes a net; the first one answers. */
    private void answering(TrainedNet net) throws Exception {
        byte[] onnx = OnnxExport.export(net, MODEL).toByteArray();
        registry().publish(onnx, ManifestDraft.of(onnx, MODEL, null), signer(), Start.WAITING, "ann", "");
    }

    /** One request with its answer and its label. */
    private void labelled(String id, String label) throws Exception {
        answer(id, request(id, RunSamples.bundled().test().image(0)));
        label(id, label, null, -1);
        producer.flush();
    }

    private RetrainSpec spec(String more) throws Exception {
        Path base = folder.resolve("base");
        return RunSamples.spec(Files.exists(base) ? "fashion-mnist:" + base : RunSamples.baseData(base, 100), more);
    }

    private Retrainer retrainer(RetrainView view, String more, String id) throws Exception {
        return retrainer(view, spec(more), id, Clock.systemUTC());
    }

    private Retrainer retrainer(RetrainView view, RetrainSpec spec, String id, Clock clock) {
        return new Retrainer(
                client(),
                topics,
                spec,
                folder.resolve("work-" + id),
                signer(),
                id,
                "trainer@test",
                List.of("retrain"),
                clock,
                view);
    }

    private ManifestSigner signer() {
        return new ManifestSigner(keys.getPrivate(), keys.getPublic());
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
        var decision = record.state().decision(MODEL);
        return decision == null ? 0 : decision.rollout().getChampion();
    }

    private Map<String, String> lineage(int version) throws Exception {
        return PublishedVersion.read(record.state(), MODEL, version)
                .orElseThrow()
                .manifest()
                .getLineage();
    }

    private List<RolloutEvent> story() throws Exception {
        return record.story();
    }

    /** Why runs have failed, in order. */
    private List<String> failures() throws Exception {
        return story().stream()
                .filter(event -> event.getAction() == RolloutAction.RETRAIN_FAILED)
                .map(RolloutEvent::getReason)
                .toList();
    }

    private List<RolloutAction> actions() throws Exception {
        return story().stream().map(RolloutEvent::getAction).toList();
    }

    private TrainerStatus status() throws Exception {
        return record.status().orElseGet(() -> TrainerStatus.newBuilder()
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
