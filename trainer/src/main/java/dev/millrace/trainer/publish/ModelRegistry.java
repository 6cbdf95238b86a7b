package dev.millrace.trainer.publish;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.manifest.ArtifactChunks;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.topic.BrokerProbe;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.TopicSpec;
import dev.millrace.schemas.topic.TopicState;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.WireSerializer;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * The model registry on a Kafka cluster. Writers take turns through one shared transactional id: whoever starts last fences the others,
 * reads to the end, decides and commits; a fenced writer reads again (KIP-98). Versions are therefore counted without gaps or doubles.
 * Belongs to one thread at a time.
 */
public final class ModelRegistry {
    private static final int ATTEMPTS = 10;
    private static final long FIRST_WAIT_MILLIS = 100;
    private static final long LONGEST_WAIT_MILLIS = 5_000;
    private static final Duration TOPICS_APPEAR = Duration.ofSeconds(2);

    private final Map<String, Object> client;
    private final Topics topics;

    /**
     * A version that is now on record.
     *
     * @param epoch the rollout epoch: offset of the rollout record on the control topic
     */
    public record Published(ModelManifest manifest, long epoch) {}

    /**
     * Connects to nothing yet.
     *
     * @param client Kafka client properties, {@code bootstrap.servers} and security among them
     */
    public ModelRegistry(Map<String, ?> client, Topics topics) {
        this.client = Map.copyOf(client);
        this.topics = topics;
    }

    /**
     * What is on record now.
     *
     * @throws BrokerUnreachableException within 10 seconds when no broker answers
     * @throws IOException when the topics are missing or the control topic cannot be read to its end
     */
    public RegistryState read() throws IOException, BrokerUnreachableException, InterruptedException {
        requireTopics(Duration.ZERO);
        return reading(() -> new ControlLog(client, topics.control()).read());
    }

    /**
     * Publishes a model file as the next version of its name and makes it the champion. Every chunk is acknowledged before the manifest is
     * written; manifest and rollout record appear together or not at all.
     *
     * @param onnx the bytes that {@code draft} was read from
     * @param author who publishes, for the rollout record
     * @param reason why, for people; may be empty
     * @throws BrokerUnreachableException within 10 seconds when no broker answers
     * @throws IOException when the topics are missing, and still are 2 seconds later, or Kafka refuses a write
     */
    public Published publish(byte[] onnx, ManifestDraft draft, ManifestSigner signer, String author, String reason)
            throws IOException, BrokerUnreachableException, InterruptedException {
        if (!ManifestKeys.sha256(onnx).equals(draft.sha256())) {
            throw new IllegalArgumentException(
                    "onnx: not the bytes of the draft (expected: sha256 %s)".formatted(draft.sha256()));
        }
        requireTopics(TOPICS_APPEAR);
        return reading(() -> {
            sendArtifact(onnx);
            for (int attempt = 1; ; attempt++) {
                try {
                    return writeVersion(draft, signer, author, reason);
                } catch (KafkaException e) {
                    if (!isFencing(e) || attempt == ATTEMPTS) {
                        throw e;
                    }
                    giveWay(attempt);
                }
            }
        });
    }

    private void sendArtifact(byte[] onnx) throws IOException, InterruptedException {
        Map<String, Object> properties = new HashMap<>(client);
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        try (KafkaProducer<String, byte[]> producer =
                new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (ArtifactChunks.Chunk chunk : ArtifactChunks.split(onnx)) {
                sent.add(producer.send(new ProducerRecord<>(topics.artifacts(), chunk.key(), chunk.value())));
            }
            for (Future<RecordMetadata> chunk : sent) {
                acknowledged(chunk);
            }
        }
    }

    private Published writeVersion(ManifestDraft draft, ManifestSigner signer, String author, String reason)
            throws IOException, InterruptedException {
        Map<String, Object> properties = new HashMap<>(client);
        properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, topics.control());
        try (KafkaProducer<String, SpecificRecord> producer =
                new KafkaProducer<>(properties, new StringSerializer(), new WireSerializer())) {
            producer.initTransactions();
            // Only now is the end of the topic stable: no other writer of this id can commit any more.
            RegistryState state = new ControlLog(client, topics.control()).read();
            Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
            int version = state.nextVersion(draft.name());
            ModelManifest manifest = draft.withVersion(version, now);
            Rollout rollout = new Rollout(draft.name(), version, now, author, reason);
            producer.beginTransaction();
            Future<RecordMetadata> recorded =
                    producer.send(control(new ControlKey.Model(draft.name(), version), signer.sign(manifest)));
            Future<RecordMetadata> decided = producer.send(control(new ControlKey.RolloutOf(draft.name()), rollout));
            producer.commitTransaction();
            acknowledged(recorded);
            return new Published(manifest, acknowledged(decided).offset());
        }
    }

    private ProducerRecord<String, SpecificRecord> control(ControlKey key, SpecificRecord value) {
        return new ProducerRecord<>(topics.control(), 0, key.toString(), value);
    }

    private static RecordMetadata acknowledged(Future<RecordMetadata> sent) throws IOException, InterruptedException {
        try {
            return sent.get();
        } catch (ExecutionException e) {
            throw new IOException("Kafka refused a record: " + e.getCause(), e);
        }
    }

    private void requireTopics(Duration patience) throws IOException, BrokerUnreachableException, InterruptedException {
        BrokerProbe.requireBroker(client);
        List<TopicSpec> needed = topics.catalogue(1, (short) -1).stream()
                .filter(topic ->
                        topic.name().equals(topics.control()) || topic.name().equals(topics.artifacts()))
                .toList();
        try (Admin admin = Admin.create(client)) {
            for (TopicState state : new TopicProvisioner(admin).awaitPresent(needed, patience)) {
                if (!state.usable()) {
                    throw new IOException("topic %s: %s %s (expected: as `millrace topics --bootstrap ...` creates it)"
                            .formatted(state.name(), state.outcome(), state.detail()));
                }
            }
        } catch (ExecutionException e) {
            throw new IOException("topics: cannot be looked at: " + e.getCause(), e);
        }
    }

    /** Waits for a random time that may be longer after every attempt, so that writers do not fence each other for ever. */
    private static void giveWay(int attempt) throws InterruptedException {
        long most = Math.min(LONGEST_WAIT_MILLIS, FIRST_WAIT_MILLIS << attempt);
        Thread.sleep(ThreadLocalRandom.current().nextLong(most));
    }

    /** A producer that another one of its id has fenced says so directly, or as the cause of its error state. */
    private static boolean isFencing(KafkaException e) {
        return isFencingType(e) || isFencingType(e.getCause());
    }

    private static boolean isFencingType(@Nullable Throwable e) {
        return e instanceof ProducerFencedException || e instanceof InvalidProducerEpochException;
    }

    private interface Work<T> {
        T run() throws IOException, InterruptedException;
    }

    /** Kafka's unchecked exceptions mean what an IOException means; a fencing has been dealt with inside. */
    private static <T> T reading(Work<T> work) throws IOException, InterruptedException {
        try {
            return work.run();
        } catch (KafkaException e) {
            throw new IOException("Kafka: " + e.getMessage(), e);
        }
    }
}
