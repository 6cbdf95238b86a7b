package dev.millrace.worker;

import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.ChannelOrder;
import dev.millrace.schemas.ElementType;
import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.InputSpec;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.ResamplingFilter;
import dev.millrace.schemas.Resize;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.Task;
import dev.millrace.schemas.TensorLayout;
import dev.millrace.schemas.WorkerStatus;
import dev.millrace.schemas.manifest.ArtifactChunks;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.schemas.wire.WireSerializer;
import dev.millrace.worker.model.TinyModels;
import dev.millrace.worker.telemetry.StageWatch;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Everything around a worker under test: topics of its own on the shared broker, models that classify 4 x 4 grey
 * stripes, requests, and what came of them. Test thread only.
 */
final class Stage implements AutoCloseable {
    static final int CLASSES = 4;
    static final int PARTITIONS = 4;

    final String bootstrap;
    final Topics topics = new Topics(KafkaBroker.freshPrefix());
    final KeyPair keys = ManifestKeys.generate();
    /** The folder of the keys that workers trust: at first only this stage's. */
    final Path keyDir;

    private final WireSerializer wire = new WireSerializer();
    private final KafkaProducer<String, byte @Nullable []> producer;
    private final List<Worker> workers = new ArrayList<>();

    Stage(KafkaBroker broker, Path dir) throws Exception {
        this(broker.bootstrapServers(), dir);
    }

    /** On a broker of the test's own. */
    Stage(String bootstrap, Path dir) throws Exception {
        this(bootstrap, dir, PARTITIONS);
    }

    /** With so many partitions of everything that has more than one. */
    Stage(String bootstrap, Path dir, int partitions) throws Exception {
        this.bootstrap = bootstrap;
        keyDir = Files.createTempDirectory(dir, "keys");
        ManifestKeys.write(keys, keyDir.resolve("release"));
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrap), new StringSerializer(), new ByteArraySerializer());
        try (Admin admin = admin()) {
            new TopicProvisioner(admin).createMissing(topics.catalogue(partitions, (short) -1));
        }
    }

    Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", bootstrap));
    }

    /** A started worker on these topics, trusting this stage's key; stopped with the stage. */
    Worker worker(String... settings) throws WorkerStartException {
        return worker(StageWatch.NONE, settings);
    }

    /** As above, watched. */
    Worker worker(StageWatch stages, String... settings) throws WorkerStartException {
        Map<String, String> given = new HashMap<>(Map.of(
                "kafka.bootstrap.servers",
                bootstrap,
                "millrace.topic.prefix",
                topics.prefix(),
                "millrace.group",
                topics.prefix() + "group",
                "millrace.id",
                "worker-" + workers.size(),
                "millrace.lanes",
                "cpu:none",
                "millrace.trusted.keys",
                keyDir.toString(),
                "millrace.http.port",
                "0",
                "millrace.heartbeat",
                "1s"));
        // A second for every version, which only the tests of it want to spend.
        given.put("millrace.models.rehearsal", "false");
        for (int i = 0; i < settings.length; i += 2) {
            given.put(settings[i], settings[i + 1]);
        }
        Worker worker = new Worker(WorkerConfig.from(Settings.load(given, null)), stages);
        workers.add(worker);
        worker.start();
        return worker;
    }

    static byte[] onnx(int seed) {
        return TinyModels.classifier(4, 4, 1, CLASSES, seed);
    }

    /** The manifest of {@code onnx} as version {@code version} of model {@code tiny}. */
    static ModelManifest manifest(int version, byte[] onnx) {
        return manifest("tiny", version, onnx);
    }

    static ModelManifest manifest(String name, int version, byte[] onnx) {
        return new ModelManifest(
                name,
                version,
                Task.CLASSIFICATION,
                new InputSpec(
                        "pixels",
                        ElementType.UINT8,
                        TensorLayout.NCHW,
                        4,
                        4,
                        1,
                        ChannelOrder.GREY,
                        List.of(0f),
                        List.of(1f),
                        0,
                        Resize.NONE,
                        ResamplingFilter.AREA,
                        0),
                "logits",
                IntStream.range(0, CLASSES).mapToObj(k -> "label " + k).toList(),
                "fp32",
                "kafka:",
                (long) onnx.length,
                ManifestKeys.sha256(onnx),
                Map.of(),
                Map.of(),
                Instant.now().truncatedTo(ChronoUnit.MILLIS),
                List.of(),
                0.0,
                List.of(),
                Map.of());
    }

    /** Publishes a version as {@code models publish} does and makes it champion. */
    void publish(int version, byte[] onnx) {
        publish(manifest(version, onnx), onnx, signed -> signed);
    }

    /** As above with a manifest and a signed record that may be wrong. */
    void publish(ModelManifest manifest, byte[] chunks, UnaryOperator<ModelVersion> tamper) {
        announce(manifest, chunks, tamper);
        decide(rollout(manifest.getName(), manifest.getVersion()).build());
    }

    /** Publishes a version that nothing is decided of. */
    void announce(int version, byte[] onnx) {
        announce(manifest(version, onnx), onnx, signed -> signed);
    }

    /** As above with a manifest and a signed record that may be wrong. */
    void announce(ModelManifest manifest, byte[] chunks, UnaryOperator<ModelVersion> tamper) {
        for (ArtifactChunks.Chunk chunk : ArtifactChunks.split(chunks)) {
            send(topics.artifacts(), chunk.key(), chunk.value());
        }
        announce(manifest, tamper);
    }

    /** Publishes a version whose bytes are somewhere or other, and makes it champion. */
    void decide(ModelManifest manifest, UnaryOperator<ModelVersion> tamper) {
        announce(manifest, tamper);
        decide(rollout(manifest.getName(), manifest.getVersion()).build());
    }

    private void announce(ModelManifest manifest, UnaryOperator<ModelVersion> tamper) {
        ModelVersion signed = new ManifestSigner(keys.getPrivate(), keys.getPublic()).sign(manifest);
        send(
                topics.control(),
                new ControlKey.Model(manifest.getName(), manifest.getVersion()).toString(),
                encode(tamper.apply(signed)));
    }

    /** A decision that {@code champion} answers. */
    static Rollout.Builder rollout(String model, int champion) {
        return Rollout.newBuilder()
                .setModel(model)
                .setChampion(champion)
                .setDecidedAt(Instant.now().truncatedTo(ChronoUnit.MILLIS))
                .setDecidedBy("test")
                .setLatest(champion);
    }

    void decide(Rollout rollout) {
        send(topics.control(), new ControlKey.RolloutOf(rollout.getModel()).toString(), encode(rollout));
    }

    static byte[] image(int seed, int label) {
        return TinyModels.image(4, 4, 1, CLASSES, seed, label);
    }

    /** A good request for an image of {@code label}. */
    static ImageRequest request(String id, int seed, int label) {
        return new ImageRequest(
                id,
                "",
                null,
                ImageEncoding.RAW_U8,
                4,
                4,
                1,
                ByteBuffer.wrap(image(seed, label)),
                null,
                Instant.now(),
                null,
                Map.of());
    }

    void send(ImageRequest request) {
        sendRaw(request.getRequestId(), encode(request));
    }

    void sendRaw(String key, byte @Nullable [] value) {
        send(topics.requests(), key, value);
    }

    /** Whatever bytes, to a partition of the requests topic. */
    void sendRaw(int partition, String key, byte[] value) {
        try {
            producer.send(new ProducerRecord<>(topics.requests(), partition, key, value))
                    .get();
        } catch (Exception e) {
            throw new AssertionError("cannot send to " + topics.requests(), e);
        }
    }

    byte[] encode(SpecificRecord value) {
        byte[] bytes = wire.serialize("", value);
        if (bytes == null) {
            throw new AssertionError("a record encodes to bytes");
        }
        return bytes;
    }

    void send(String topic, String key, byte @Nullable [] value) {
        try {
            producer.send(new ProducerRecord<>(topic, key, value)).get();
        } catch (Exception e) {
            throw new AssertionError("cannot send to " + topic, e);
        }
    }

    /** A request that says more than its value: {@code partition} of the requests topic, or null, and headers. */
    void send(ImageRequest request, @Nullable Integer partition, @Nullable String key, List<Header> headers) {
        sendRaw(partition, key, encode(request), headers);
    }

    /** Anything as a request. */
    void sendRaw(@Nullable Integer partition, @Nullable String key, byte @Nullable [] value, List<Header> headers) {
        try {
            producer.send(new ProducerRecord<>(topics.requests(), partition, key, value, headers))
                    .get();
        } catch (Exception e) {
            throw new AssertionError("cannot send to " + topics.requests(), e);
        }
    }

    /** Creates a topic that other tests use, too. */
    void createMissing(String topic, int partitions) throws Exception {
        try (Admin admin = admin()) {
            if (!admin.listTopics().names().get().contains(topic)) {
                create(topic, partitions, Map.of());
            }
        }
    }

    /** Creates a topic of the test's own and waits until the broker knows it. */
    void create(String topic, int partitions, Map<String, String> settings) throws Exception {
        try (Admin admin = admin()) {
            admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(settings)))
                    .all()
                    .get();
            await().ignoreExceptions()
                    .until(() -> admin.describeTopics(List.of(topic))
                                    .allTopicNames()
                                    .get()
                                    .size()
                            == 1);
        }
    }

    /** Every result so far, in partition and offset order. */
    List<InferenceResult> results() {
        return results(topics.results());
    }

    /** Every result on a topic so far. */
    List<InferenceResult> results(String topic) {
        return read(topic).stream().map(Stage::result).toList();
    }

    /** The result that a record carries. */
    static InferenceResult result(ConsumerRecord<String, byte[]> found) {
        try {
            return new WireCodec<>(InferenceResult.class).decode(found.value());
        } catch (Exception e) {
            throw new AssertionError("result at offset " + found.offset(), e);
        }
    }

    /** What a worker last said of itself. */
    WorkerStatus lastStatus(String worker) {
        List<WorkerStatus> said = statuses(worker);
        return said.get(said.size() - 1);
    }

    /** Everything that a worker has said of itself and that is not compacted away. */
    List<WorkerStatus> statuses(String worker) {
        WireCodec<WorkerStatus> codec = new WireCodec<>(WorkerStatus.class);
        return read(topics.status()).stream()
                .filter(found -> found.key().equals(worker) && found.value() != null)
                .map(found -> {
                    try {
                        return codec.decode(found.value());
                    } catch (Exception e) {
                        throw new AssertionError("status of " + worker, e);
                    }
                })
                .toList();
    }

    /** Every record of a topic so far. */
    List<ConsumerRecord<String, byte[]>> read(String topic) {
        List<ConsumerRecord<String, byte[]>> found = new ArrayList<>();
        try (KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(
                // Its close waits for the fetch that is on its way.
                Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed", "fetch.max.wait.ms", 10),
                new StringDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream()
                    .anyMatch(partition -> consumer.position(partition) < ends.getOrDefault(partition, 0L))) {
                consumer.poll(Duration.ofMillis(100)).forEach(found::add);
            }
        }
        return found;
    }

    @Override
    public void close() {
        workers.forEach(Worker::stop);
        producer.close();
    }
}
