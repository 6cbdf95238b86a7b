package dev.millrace.trainer.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.manifest.ArtifactAssembly;
import dev.millrace.schemas.manifest.ArtifactChunks;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.manifest.ManifestVerifier;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.TopicState;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.publish.ModelRegistry.Start;
import dev.millrace.trainer.rollout.RolloutCommand;
import dev.millrace.trainer.rollout.VersionName;
import java.io.IOException;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(120)
class ModelRegistryIT {
    @RegisterExtension
    static final KafkaBroker BROKER = new KafkaBroker();

    private final KeyPair keys = ManifestKeys.generate();
    private final ManifestSigner signer = new ManifestSigner(keys.getPrivate(), keys.getPublic());
    private final Topics topics = new Topics(KafkaBroker.freshPrefix());
    private byte[] onnx = new byte[0];

    @BeforeEach
    void createTopicsAndReadTheBundledModel() throws Exception {
        onnx = BundledModels.read(BundledModels.FASHION_MNIST);
        try (Admin admin = Admin.create(client())) {
            assertThat(new TopicProvisioner(admin).createMissing(topics.catalogue(2, (short) 1)))
                    .allMatch(state -> state.usable());
        }
    }

    @Test
    void publishesAManifestThatItsKeyProvesAndAnArtifactThatItsHashProves() throws Exception {
        ModelRegistry.Published published = publish("first try");

        RegistryState state = registry().read();
        ModelVersion signed = state.versions().get(new ControlKey.Model("fashion-mnist", 1));
        assertThat(signed).isNotNull();
        ModelManifest manifest =
                ManifestVerifier.trusting(List.of(keys.getPublic())).open(signed);
        assertThat(manifest).isEqualTo(published.manifest());
        assertThat(manifest.getLabels()).hasSize(10).startsWith("T-shirt/top");
        assertThat(manifest.getPrecision()).isEqualTo("int8");
        assertThat(manifest.getLineage()).containsKeys("dataset", "dataset.sha256", "architecture", "recipe");
        assertThat(manifest.getMetrics()).containsKey("top1.validation");
        assertThat(state.decisions()).hasEntrySatisfying("fashion-mnist", decision -> assertThat(
                        decision.rollout().getReason())
                .isEqualTo("first try"));
        assertThat(artifact(manifest)).isEqualTo(onnx);
    }

    @Test
    void countsVersionsWithoutGapsWhenWritersFenceEachOther() throws Exception {
        int writers = 4;
        ExecutorService threads = Executors.newFixedThreadPool(writers);
        try {
            List<Callable<ModelRegistry.Published>> work = new ArrayList<>();
            for (int i = 0; i < writers; i++) {
                work.add(() -> publish("at once"));
            }
            List<Integer> versions = new ArrayList<>();
            for (Future<ModelRegistry.Published> done : threads.invokeAll(work)) {
                versions.add(done.get().manifest().getVersion());
            }
            assertThat(versions).containsExactlyInAnyOrder(1, 2, 3, 4);
        } finally {
            threads.shutdownNow();
        }
        assertThat(PublishedVersion.all(registry().read()))
                .extracting(entry -> entry.manifest().getVersion())
                .containsExactly(4, 3, 2, 1);
        assertThat(PublishedVersion.all(registry().read()).stream().filter(PublishedVersion::champion))
                .extracting(entry -> entry.manifest().getVersion())
                .containsExactly(4);
    }

    @Test
    void takesTheArtifactOfARetiredVersionAlongAndBringsItBackWithTheNext() throws Exception {
        ModelManifest first = publish("first").manifest();
        byte[] other = BundledModels.read("bundled:cifar100-resnet20");
        registry()
                .publish(
                        other,
                        ManifestDraft.of(other, "fashion-mnist", null),
                        signer,
                        Start.ANSWERING,
                        "tester",
                        "another file");

        registry().decide(new RolloutCommand.Retire("fashion-mnist", VersionName.of(1)), "tester", "old");

        assertThat(chunksAfterCompaction(first)).isZero();
        assertThat(registry().read().version("fashion-mnist", 1)).isNull();
        ModelManifest again = publish("again").manifest();
        assertThat(again.getVersion()).isEqualTo(3);
        assertThat(chunksAfterCompaction(again)).isEqualTo(ArtifactChunks.count(onnx.length));
    }

    @Test
    void namesTheTopicThatIsMissing() {
        ModelRegistry registry = new ModelRegistry(client(), new Topics(KafkaBroker.freshPrefix()));

        assertThatThrownBy(registry::read)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("control")
                .hasMessageContaining("millrace topics");
    }

    @Test
    void publishesToTopicsThatAreJustBeingMade() throws Exception {
        Topics late = new Topics(KafkaBroker.freshPrefix());
        ModelRegistry registry = new ModelRegistry(client(), late);
        ScheduledExecutorService soon = Executors.newSingleThreadScheduledExecutor();
        try (Admin admin = Admin.create(client())) {
            Future<List<TopicState>> made = soon.schedule(
                    () -> new TopicProvisioner(admin).createMissing(late.catalogue(2, (short) 1)),
                    700,
                    TimeUnit.MILLISECONDS);

            ModelRegistry.Published published = registry.publish(
                    onnx, ManifestDraft.of(onnx, null, null), signer, Start.ANSWERING, "tester", "at once");

            assertThat(published.manifest().getVersion()).isEqualTo(1);
            assertThat(made.get()).allMatch(TopicState::usable);
        } finally {
            soon.shutdownNow();
        }
    }

    private ModelRegistry.Published publish(String reason) throws Exception {
        return registry().publish(onnx, ManifestDraft.of(onnx, null, null), signer, Start.ANSWERING, "tester", reason);
    }

    private ModelRegistry registry() {
        return new ModelRegistry(client(), topics);
    }

    private Map<String, Object> client() {
        return Map.of("bootstrap.servers", BROKER.bootstrapServers());
    }

    private byte[] artifact(ModelManifest manifest) throws IOException {
        ArtifactAssembly assembly = new ArtifactAssembly(manifest.getSha256(), manifest.getBytes(), 1 << 24);
        try (KafkaConsumer<String, byte[]> consumer =
                new KafkaConsumer<>(client(), new StringDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topics.artifacts()).stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (!assembly.complete()) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    assertThat(record.value().length).isLessThan(1_000_000);
                    assembly.offer(record.key(), record.value());
                }
            }
        }
        return assembly.bytes();
    }

    private long chunksAfterCompaction(ModelManifest manifest) {
        TopicPartition partition = new TopicPartition(topics.artifacts(), 0);
        Map<String, Boolean> kept = new HashMap<>();
        Map<String, Object> committed = new HashMap<>(client());
        committed.put("isolation.level", "read_committed");
        try (KafkaConsumer<String, byte[]> consumer =
                new KafkaConsumer<>(committed, new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(100)).forEach(chunk -> kept.put(chunk.key(), chunk.value() != null));
            }
        }
        return kept.entrySet().stream()
                .filter(chunk -> chunk.getKey().startsWith(manifest.getSha256()) && chunk.getValue())
                .count();
    }
}
