package dev.millrace.infra.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.infra.source.DatasetSource;
import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.ImageClient;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ModelState;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.schemas.RolloutEvent;
import dev.millrace.schemas.Trial;
import dev.millrace.schemas.manifest.ArtifactPlace;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.publish.ModelRegistry.Decided;
import dev.millrace.trainer.publish.ModelRegistry.Start;
import dev.millrace.trainer.rollout.RolloutCommand;
import dev.millrace.trainer.rollout.TrialCommand;
import dev.millrace.trainer.rollout.TrialCommand.Choice;
import dev.millrace.trainer.rollout.VersionName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The life of a model's versions under steady load, in processes of their own: publish, shadow, canary, promotion by the judge, a worse
 * version rolled back by it, three refused; a worker joins, one is killed and comes back, the control topic is compacted and read anew.
 */
@EnabledIfSystemProperty(named = "millrace.faults.all", matches = "true")
class RolloutStoryIT {
    private static final Duration LIMIT = Services.LIMIT;
    private static final String MODEL = "fashion-mnist";
    private static final int PER_SECOND = 700;
    private static final Topics TOPICS = Services.TOPICS;
    private static final String[] EXACTLY_ONCE = {
        "--delivery", "exactly-once", "--set", "kafka.transaction.timeout.ms=5000"
    };

    /** Quick: these are no limits for a service, and so few results prove nothing of a p99. */
    private static final String POLICY = """
            samples: {harm: 50, results: 60, labels: 60}
            worse: {errors: 15, accuracy: 4, confidence: 90, p50: 50, p99: 0}
            labels: {required: true}
            workers: {heartbeat_s: 8}
            """;

    @TempDir
    private Path folder = Path.of("");

    private final Map<Long, Rollout> decisions = new TreeMap<>();
    private int told;

    @SuppressWarnings("NullAway.Init") // Before each test.
    private Services services;

    @BeforeEach
    void prepare() {
        services = new Services(folder, MODEL);
    }

    @AfterEach
    void stopEverything() {
        services.close();
    }

    @Test
    void losesNothingFromTheFirstVersionToTheLast() throws Exception {
        byte[] weaker = BundledModels.read(BundledModels.FASHION_MNIST_EARLY);
        byte[] better = BundledModels.read(BundledModels.FASHION_MNIST);
        services.startBroker();
        services.publish(weaker, Start.ANSWERING);
        services.startWorker("worker-1", EXACTLY_ONCE);
        services.startWorker("worker-2", EXACTLY_ONCE);
        services.startJudge(POLICY);
        try (ImageClient client = ImageClient.connect(
                ClientConfig.of(services.bootstrap()).withMaxInFlight(50_000).withTimeout(LIMIT))) {
            DatasetSource images = DatasetSource.load(DatasetSpec.parse(BundledModels.FASHION_MNIST));
            SteadyLoad load = SteadyLoad.of(client, images, PER_SECOND);
            load.start();

            services.publish(better, Start.WAITING);
            services.decide(new TrialCommand.Shadow(MODEL, latest(), 2_000, Choice.BY_REQUEST));
            awaitResults(TOPICS.shadowResults(), 100);
            services.decide(new TrialCommand.Canary(
                    MODEL, latest(), List.of(100, 1_000, 5_000), Duration.ofSeconds(1), Choice.BY_REQUEST));
            awaitShare(1_000);
            services.startWorker("worker-3", EXACTLY_ONCE);
            services.killAndRestart("worker-2", EXACTLY_ONCE);
            assertThat(verdict()).isEqualTo("PROMOTED 2");

            services.publish(weaker, Start.WAITING);
            services.decide(new TrialCommand.Canary(
                    MODEL, latest(), List.of(1_000, 5_000), Duration.ofSeconds(1), Choice.BY_REQUEST));
            assertThat(verdict()).isEqualTo("ROLLED_BACK 3");

            assertThat(refusals(better))
                    .satisfiesExactly(
                            damaged -> assertThat(damaged).contains("artifact"),
                            stranger -> assertThat(stranger).startsWith("manifest key: "),
                            slow -> assertThat(slow).startsWith("latency: "));

            noteDecisions();
            compactControlTopic();
            services.killAndRestart("worker-1", EXACTLY_ONCE);

            services.registry()
                    .story(MODEL)
                    .forEach(event -> System.out.println(event.getDecidedAt() + " version " + event.getVersion() + " "
                            + event.getAction() + " " + event.getShare() + " " + event.getReason()));
            load.stop(LIMIT);
            assertThat(load.firstFailure()).isNull();
            assertThat((long) load.answered()).isEqualTo(load.published());
            noteDecisions();
            checkResults(load.published());
        }
        checkWorkersHoldTheChampionOnly();
    }

    private static VersionName latest() {
        return new VersionName("latest");
    }

    private void awaitShare(int share) {
        await().atMost(LIMIT).until(() -> {
            Rollout now = Objects.requireNonNull(services.registry().read().decision(MODEL))
                    .rollout();
            Trial trial = now.getTrial();
            return trial != null && trial.getShare() >= share;
        });
    }

    /** The judge's next promotion or rollback. */
    private String verdict() {
        List<String> verdicts = new ArrayList<>();
        await().atMost(LIMIT).until(() -> {
            List<RolloutEvent> story = services.registry().story(MODEL);
            for (; told < story.size() && verdicts.isEmpty(); told++) {
                RolloutEvent event = story.get(told);
                if (event.getDecidedBy().startsWith("judge@")
                        && (event.getAction() == RolloutAction.PROMOTED
                                || event.getAction() == RolloutAction.ROLLED_BACK)) {
                    assertThat(event.getFigures()).isNotEmpty();
                    verdicts.add(event.getAction() + " " + event.getVersion());
                }
            }
            return !verdicts.isEmpty();
        });
        return verdicts.get(0);
    }

    /** What workers say of a damaged, a mis-signed and a slow version. */
    private List<String> refusals(byte[] onnx) throws Exception {
        List<String> reasons = new ArrayList<>();
        ManifestDraft draft = ManifestDraft.of(onnx, MODEL, null);
        byte[] damaged = onnx.clone();
        damaged[damaged.length / 2] ^= 1;
        Path file = Files.write(folder.resolve("damaged.onnx"), damaged);
        ArtifactPlace place = ArtifactPlace.parse(file.toUri().toString());
        services.registry().publish(onnx, draft.at(place), services.signer(), Start.WAITING, "test", "");
        reasons.add(refusal());
        KeyPair stranger = ManifestKeys.generate();
        services.registry()
                .publish(
                        onnx,
                        draft,
                        new ManifestSigner(stranger.getPrivate(), stranger.getPublic()),
                        Start.WAITING,
                        "test",
                        "");
        reasons.add(refusal());
        services.registry().publish(onnx, draft.within(0.001), services.signer(), Start.WAITING, "test", "");
        reasons.add(refusal());
        return reasons;
    }

    private String refusal() throws Exception {
        Decided decided = services.decide(
                new TrialCommand.Canary(MODEL, latest(), List.of(1_000), Duration.ZERO, Choice.BY_REQUEST));
        List<String> reasons = new ArrayList<>();
        await().atMost(LIMIT).until(() -> {
            reasons.clear();
            services.registry().workers().forEach(worker -> worker.of(MODEL).stream()
                    .filter(said -> said.getEpoch() == decided.epoch() && said.getState() == ModelState.REFUSED)
                    .forEach(said -> reasons.add(said.getDetail())));
            return reasons.size() == 3;
        });
        services.decide(new RolloutCommand.Rollback(MODEL, null));
        return reasons.get(0);
    }

    /** Every decision that is still on the control topic, before compaction takes the older ones. */
    private void noteDecisions() throws Exception {
        WireCodec<Rollout> codec = new WireCodec<>(Rollout.class);
        for (ConsumerRecord<String, byte[]> record : services.read(TOPICS.control())) {
            if (ControlKey.parse(record.key()) instanceof ControlKey.RolloutOf && record.value() != null) {
                decisions.put(record.offset(), codec.decode(record.value()));
            }
        }
    }

    private void compactControlTopic() throws Exception {
        int before = rollouts();
        assertThat(before).isGreaterThan(5);
        ConfigResource control = new ConfigResource(ConfigResource.Type.TOPIC, TOPICS.control());
        try (Admin admin = services.admin()) {
            admin.incrementalAlterConfigs(Map.of(
                            control,
                            List.of(
                                    set("segment.ms", "100"),
                                    set("min.cleanable.dirty.ratio", "0.001"),
                                    set("min.compaction.lag.ms", "0"),
                                    set("delete.retention.ms", "0"))))
                    .all()
                    .get();
        }
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(500)).until(() -> {
            // The segment that is written to is never compacted: each decision may begin the next, and may be gone
            // soon.
            Decided decided = services.decide(new RolloutCommand.Alias(MODEL, "tested", VersionName.of(2)));
            decisions.put(decided.epoch(), decided.rollout());
            return rollouts() < before;
        });
    }

    private static AlterConfigOp set(String name, String value) {
        return new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
    }

    private int rollouts() {
        return (int) services.read(TOPICS.control()).stream()
                .filter(record -> ControlKey.parse(record.key()) instanceof ControlKey.RolloutOf)
                .count();
    }

    private void checkResults(long published) throws Exception {
        WireCodec<InferenceResult> codec = new WireCodec<>(InferenceResult.class);
        Set<String> requests = new HashSet<>();
        Map<Long, Map<RolloutArm, Integer>> arms = new HashMap<>();
        for (ConsumerRecord<String, byte[]> record : services.read(TOPICS.results())) {
            InferenceResult result = codec.decode(record.value());
            assertThat(requests.add(result.getRequestId()))
                    .as("one answer for %s", result.getRequestId())
                    .isTrue();
            assertThat(result.getStatus()).isEqualTo(ResultStatus.OK);
            Rollout decision = Objects.requireNonNull(decisions.get(result.getEpoch()));
            Trial trial = decision.getTrial();
            if (result.getArm() == RolloutArm.CHALLENGER) {
                assertThat(trial).as("epoch %d", result.getEpoch()).isNotNull();
                assertThat(result.getVersion())
                        .isEqualTo(Objects.requireNonNull(trial).getChallenger());
            } else {
                assertThat(result.getArm()).isEqualTo(RolloutArm.CHAMPION);
                assertThat(result.getVersion()).isEqualTo(decision.getChampion());
            }
            arms.computeIfAbsent(result.getEpoch(), epoch -> new HashMap<>()).merge(result.getArm(), 1, Integer::sum);
        }
        assertThat((long) requests.size()).isEqualTo(published);
        arms.forEach((epoch, counts) -> checkShare(Objects.requireNonNull(decisions.get(epoch)), counts));
    }

    /** As far as chance allows: five standard deviations of a binomial. Workers that do not have the challenger yet answer without it. */
    private static void checkShare(Rollout decision, Map<RolloutArm, Integer> counts) {
        Trial trial = decision.getTrial();
        int challenger = counts.getOrDefault(RolloutArm.CHALLENGER, 0);
        if (trial == null || challenger == 0) {
            assertThat(challenger).isZero();
            return;
        }
        int all = challenger + counts.getOrDefault(RolloutArm.CHAMPION, 0);
        double p = trial.getShare() / 10_000.0;
        assertThat((double) challenger)
                .as("share %s of %d requests", TrialCommand.percent(trial.getShare()), all)
                .isLessThanOrEqualTo(all * p + 5 * Math.sqrt(all * p * (1 - p)));
        boolean everybodyHadItBefore = trial.getSteps().indexOf(trial.getShare()) > 0;
        if (everybodyHadItBefore) {
            assertThat((double) challenger)
                    .as("share %s of %d requests", TrialCommand.percent(trial.getShare()), all)
                    .isGreaterThanOrEqualTo(all * p - 5 * Math.sqrt(all * p * (1 - p)));
        }
    }

    private void checkWorkersHoldTheChampionOnly() throws Exception {
        for (String worker : List.of("worker-1", "worker-2", "worker-3")) {
            JsonNode status = services.status(worker);
            assertThat(status.path("models")).as(worker).hasSize(1);
            assertThat(status.at("/models/0/version").asInt()).as(worker).isEqualTo(2);
            assertThat(status.at("/models/0/leases").asInt()).as(worker).isZero();
        }
    }

    private void awaitResults(String topic, int count) {
        await().atMost(LIMIT).until(() -> services.read(topic).size() >= count);
    }
}
