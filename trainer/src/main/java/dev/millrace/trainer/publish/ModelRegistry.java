package dev.millrace.trainer.publish;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.RolloutEvent;
import dev.millrace.schemas.Trial;
import dev.millrace.schemas.manifest.ArtifactChunks;
import dev.millrace.schemas.manifest.ArtifactPlace;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.manifest.ManifestVerifier;
import dev.millrace.schemas.manifest.UntrustedManifestException;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.topic.BrokerProbe;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.TopicSpec;
import dev.millrace.schemas.topic.TopicState;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.WireSerializer;
import dev.millrace.trainer.rollout.Change;
import dev.millrace.trainer.rollout.RolloutCommand;
import dev.millrace.trainer.rollout.RolloutRefusedException;
import dev.millrace.trainer.rollout.Stamp;
import dev.millrace.trainer.rollout.VersionName;
import dev.millrace.trainer.rollout.WorkerSeen;
import dev.millrace.worker.artifact.Artifacts;
import dev.millrace.worker.artifact.RetriableFetchException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
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
     * @param champion the version that answers
     * @param epoch the rollout epoch: offset of the rollout record on the control topic
     */
    public record Published(ModelManifest manifest, int champion, long epoch) {
        /** Whether it is the one that answers. */
        public boolean answers() {
            return champion == manifest.getVersion();
        }
    }

    /**
     * A decision that is now on record.
     *
     * @param epoch the rollout epoch: offset of the rollout record on the control topic
     */
    public record Decided(RolloutEvent event, Rollout rollout, long epoch) {}

    /** Whether a version that is published answers from now on; the first one of a model does in any case. */
    public enum Start {
        /** It waits until it is promoted. */
        WAITING,
        /** It is the champion. */
        ANSWERING
    }

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
     * The decisions about a model in the order in which they were made.
     *
     * @param model null: of all models
     * @throws BrokerUnreachableException within 10 seconds when no broker answers
     * @throws IOException as {@link #read}
     */
    public List<RolloutEvent> story(@Nullable String model)
            throws IOException, BrokerUnreachableException, InterruptedException {
        requireTopics(Duration.ZERO);
        return reading(() -> new ControlLog(client, topics.control()).story(model));
    }

    /**
     * What every worker that has not left last said of itself, by id.
     *
     * @throws BrokerUnreachableException within 10 seconds when no broker answers
     * @throws IOException as {@link #read}
     */
    public List<WorkerSeen> workers() throws IOException, BrokerUnreachableException, InterruptedException {
        requireTopics(Duration.ZERO);
        WorkerFold fold = new WorkerFold();
        return reading(() -> {
            new TopicScan(client, topics.status()).read(fold::add);
            return fold.workers();
        });
    }

    /**
     * What every trainer that has not left last said of itself, by id.
     *
     * @throws BrokerUnreachableException within 10 seconds when no broker answers
     * @throws IOException as {@link #read}
     */
    public List<TrainerSeen> trainers() throws IOException, BrokerUnreachableException, InterruptedException {
        requireTopics(Duration.ZERO);
        return reading(() -> new TrainerLog(client, topics.status()).read());
    }

    /**
     * Publishes a model file as the next version of its name. Every chunk is acknowledged before the manifest is written; manifest and
     * rollout record appear together or not at all.
     *
     * @param onnx the bytes that {@code draft} was read from
     * @param start whether it answers from now on
     * @param author who publishes, for the rollout record
     * @param reason why, for people; may be empty
     * @throws BrokerUnreachableException within 10 seconds when no broker answers
     * @throws IOException when the topics are missing, and still are 2 seconds later, or Kafka refuses a write
     */
    public Published publish(
            byte[] onnx, ManifestDraft draft, ManifestSigner signer, Start start, String author, String reason)
            throws IOException, BrokerUnreachableException, InterruptedException {
        return publish(onnx, draft, signer, start, author, reason, "");
    }

    /**
     * The same for what a retraining run has made, once: where a version of that run is on record, it is what comes back, and nothing is
     * published. Whoever goes on with a run may therefore call this again, also while another does.
     *
     * @param run id of the run, which the lineage in {@code onnx} names as {@code retrain.run}
     * @throws IllegalArgumentException when its lineage names another run, or none
     * @throws BrokerUnreachableException within 10 seconds when no broker answers
     * @throws IOException as the method above
     */
    public Published publishOnce(
            String run,
            byte[] onnx,
            ManifestDraft draft,
            ManifestSigner signer,
            Start start,
            String author,
            String reason)
            throws IOException, BrokerUnreachableException, InterruptedException {
        String named = draft.lineage().getOrDefault(ManifestDraft.RUN, "");
        if (run.isEmpty() || !named.equals(run)) {
            throw new IllegalArgumentException(
                    "%s: %s (expected: %s)".formatted(ManifestDraft.RUN, named, run.isEmpty() ? "a run's id" : run));
        }
        // Before it is in turn, which would make a writer that is at work begin again.
        Published known = ofRun(read(), draft.name(), run);
        return known == null ? publish(onnx, draft, signer, start, author, reason, run) : known;
    }

    private Published publish(
            byte[] onnx,
            ManifestDraft draft,
            ManifestSigner signer,
            Start start,
            String author,
            String reason,
            String run)
            throws IOException, BrokerUnreachableException, InterruptedException {
        if (!ManifestKeys.sha256(onnx).equals(draft.sha256())) {
            throw new IllegalArgumentException(
                    "onnx: not the bytes of the draft (expected: sha256 %s)".formatted(draft.sha256()));
        }
        requireTopics(TOPICS_APPEAR);
        return reading(() -> inTurn((writer, state) -> {
            Published known = run.isEmpty() ? null : ofRun(state, draft.name(), run);
            if (known != null) {
                return known;
            }
            if (draft.place().kind() == ArtifactPlace.Kind.KAFKA) {
                // In turn, too: a version that is retired meanwhile may have the same file, and takes it along.
                sendArtifact(onnx);
            }
            Stamp stamp = stamp(author, reason);
            int version = state.latest(draft.name()) + 1;
            ModelManifest manifest = draft.withVersion(version, stamp.at());
            Change change = RolloutCommand.published(state, draft.name(), version, start == Start.ANSWERING, stamp)
                    .ofRun(run);
            writer.put(new ControlKey.Model(draft.name(), version), signer.sign(manifest));
            Decided decided = writer.write(change);
            return new Published(manifest, decided.rollout().getChampion(), decided.epoch());
        }));
    }

    /** The version that a run was published as; null: none is on record. */
    private static @Nullable Published ofRun(RegistryState state, String model, String run) {
        RegistryState.Decision decision = state.decision(model);
        if (decision == null) {
            return null;
        }
        return PublishedVersion.all(state).stream()
                .map(PublishedVersion::manifest)
                .filter(manifest -> manifest.getName().equals(model)
                        && run.equals(manifest.getLineage().get(ManifestDraft.RUN)))
                .findFirst()
                .map(manifest -> new Published(manifest, decision.rollout().getChampion(), decision.epoch()))
                .orElse(null);
    }

    /**
     * Decides about versions that are on record.
     *
     * @param author who decides
     * @param reason why, for people; may be empty
     * @throws RolloutRefusedException when that cannot be done as things stand
     * @throws BrokerUnreachableException within 10 seconds when no broker answers
     * @throws IOException when the topics are missing, or Kafka refuses a write
     */
    public Decided decide(RolloutCommand command, String author, String reason)
            throws RolloutRefusedException, IOException, BrokerUnreachableException, InterruptedException {
        // Before it is in turn, which would make a writer that is at work begin again.
        command.decide(read(), stamp(author, reason));
        return deciding(() -> inTurn((writer, state) -> writer.write(command.decide(state, stamp(author, reason)))));
    }

    /**
     * Puts another signature to a version that is on record, over the same bytes: for a key that takes the place of another. The story
     * tells of it, and no epoch begins.
     *
     * @param trusted whose signature it must have now: nobody should sign what just lies on the topic
     * @param author who signs again, for the story
     * @return the manifest that is now signed by {@code signer}
     * @throws RolloutRefusedException when there is no such version, or nobody who is trusted has signed it
     * @throws BrokerUnreachableException within 10 seconds when no broker answers
     * @throws IOException when the topics are missing, or Kafka refuses a write
     */
    public ModelManifest signAgain(
            String model, VersionName version, ManifestVerifier trusted, ManifestSigner signer, String author)
            throws RolloutRefusedException, IOException, BrokerUnreachableException, InterruptedException {
        // Before it is in turn, which would make a writer that is at work begin again.
        opened(read(), model, version, trusted);
        return deciding(() -> inTurn((writer, state) -> {
            ModelManifest manifest = opened(state, model, version, trusted);
            ModelVersion now = signed(state, model, version);
            ModelVersion next = signer.signAgain(now);
            String keys = "key %s in the place of %s".formatted(next.getKeyId(), now.getKeyId());
            writer.replace(
                    new ControlKey.Model(model, manifest.getVersion()),
                    next,
                    signing(state, model, manifest.getVersion(), stamp(author, keys)));
            return manifest;
        }));
    }

    private static RolloutEvent signing(RegistryState state, String model, int version, Stamp stamp) {
        Rollout rollout = Objects.requireNonNull(state.decision(model), "a version on record has a decision")
                .rollout();
        Trial trial = rollout.getTrial();
        return RolloutEvent.newBuilder()
                .setModel(model)
                .setAction(RolloutAction.SIGNED)
                .setVersion(version)
                .setChampion(rollout.getChampion())
                .setDecidedAt(stamp.at())
                .setDecidedBy(stamp.by())
                .setReason(stamp.reason())
                .setShare(trial == null ? 0 : trial.getShare())
                .build();
    }

    private static ModelManifest opened(
            RegistryState state, String model, VersionName version, ManifestVerifier trusted)
            throws RolloutRefusedException {
        int number = version.in(state, model);
        try {
            ModelManifest manifest = trusted.open(signed(state, model, version));
            // A signature vouches for the manifest, not for the key it was filed under.
            if (!manifest.getName().equals(model) || manifest.getVersion() != number) {
                throw new RolloutRefusedException("manifest: of %s version %d (expected: %s version %d)"
                        .formatted(manifest.getName(), manifest.getVersion(), model, number));
            }
            return manifest;
        } catch (UntrustedManifestException e) {
            throw new RolloutRefusedException(String.valueOf(e.getMessage()));
        }
    }

    /** The record of a version. */
    public static ModelVersion signed(RegistryState state, String model, VersionName version)
            throws RolloutRefusedException {
        int number = version.in(state, model);
        return Objects.requireNonNull(state.version(model, number), "a version that has a number is on record");
    }

    /**
     * The bytes of a version, from wherever its manifest says: their SHA-256 is as it says.
     *
     * @throws IOException when they are not there, not just now, or others are
     */
    public byte[] artifact(ModelManifest manifest) throws IOException {
        Artifacts artifacts = new Artifacts(this::reader, topics.artifacts(), RolloutCommand.MOST_BYTES, null);
        try {
            return artifacts.fetch(manifest);
        } catch (RetriableFetchException e) {
            throw new IOException(e.getMessage(), e);
        } catch (KafkaException e) {
            throw new IOException("Kafka: " + e.getMessage(), e);
        }
    }

    private Consumer<String, byte[]> reader() {
        Map<String, Object> properties = new HashMap<>(client);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        return new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer());
    }

    /**
     * Adds to the story what changes nothing, such as why a trial is held. It needs no turn: other writers go on, and no epoch begins.
     *
     * @throws IOException when Kafka refuses the write
     */
    public void tell(RolloutEvent event) throws IOException, InterruptedException {
        Map<String, Object> properties = new HashMap<>(client);
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        String key = storyOf(event).toString();
        reading(() -> {
            try (KafkaProducer<String, @Nullable SpecificRecord> producer =
                    new KafkaProducer<>(properties, new StringSerializer(), new WireSerializer())) {
                return acknowledged(producer.send(new ProducerRecord<>(topics.control(), 0, key, event)));
            }
        });
    }

    private static ControlKey storyOf(RolloutEvent event) {
        return new ControlKey.Story(event.getModel(), UUID.randomUUID().toString());
    }

    private static Stamp stamp(String author, String reason) {
        return new Stamp(Instant.now().truncatedTo(ChronoUnit.MILLIS), author, reason);
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

    /** What is done while no other writer can. */
    private interface InTurn<T, E extends Exception> {
        T run(Writer writer, RegistryState state) throws E, IOException, InterruptedException;
    }

    private <T, E extends Exception> T inTurn(InTurn<T, E> work) throws E, IOException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                return transaction(work);
            } catch (KafkaException e) {
                if (!isFencing(e) || attempt == ATTEMPTS) {
                    throw e;
                }
                giveWay(attempt);
            }
        }
    }

    private <T, E extends Exception> T transaction(InTurn<T, E> work) throws E, IOException, InterruptedException {
        Map<String, Object> properties = new HashMap<>(client);
        properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, topics.control());
        try (KafkaProducer<String, @Nullable SpecificRecord> producer =
                new KafkaProducer<>(properties, new StringSerializer(), new WireSerializer())) {
            producer.initTransactions();
            // Only now is the end of the topic stable: no other writer of this id can commit any more.
            RegistryState state = new ControlLog(client, topics.control()).readToDecide();
            return work.run(new Writer(producer), state);
        }
    }

    /** Writes a change in one transaction. */
    private final class Writer {
        private final KafkaProducer<String, @Nullable SpecificRecord> producer;
        private final Map<ControlKey, SpecificRecord> more = new HashMap<>();

        Writer(KafkaProducer<String, @Nullable SpecificRecord> producer) {
            this.producer = producer;
        }

        /** A record that belongs to the change. */
        void put(ControlKey key, SpecificRecord value) {
            more.put(key, value);
        }

        /** Writes a record in the place of another, which is no decision, and what is to be told of it. */
        void replace(ControlKey.Model key, ModelVersion value, RolloutEvent event)
                throws IOException, InterruptedException {
            producer.beginTransaction();
            Future<RecordMetadata> replaced = send(key, value);
            Future<RecordMetadata> told = send(storyOf(event), event);
            producer.commitTransaction();
            acknowledged(replaced);
            acknowledged(told);
        }

        Decided write(Change change) throws IOException, InterruptedException {
            String model = change.rollout().getModel();
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            producer.beginTransaction();
            more.forEach((key, value) -> sent.add(send(key, value)));
            Future<RecordMetadata> decided = send(new ControlKey.RolloutOf(model), change.rollout());
            sent.add(send(storyOf(change.event()), change.event()));
            change.retired().forEach(version -> sent.add(send(version, null)));
            for (ModelManifest freed : change.freed()) {
                for (int chunk = 0; chunk < ArtifactChunks.count(freed.getBytes()); chunk++) {
                    String key = ArtifactChunks.key(freed.getSha256(), chunk);
                    sent.add(producer.send(new ProducerRecord<>(topics.artifacts(), 0, key, null)));
                }
            }
            producer.commitTransaction();
            for (Future<RecordMetadata> record : sent) {
                acknowledged(record);
            }
            return new Decided(
                    change.event(), change.rollout(), acknowledged(decided).offset());
        }

        private Future<RecordMetadata> send(ControlKey key, @Nullable SpecificRecord value) {
            return producer.send(new ProducerRecord<>(topics.control(), 0, key.toString(), value));
        }
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
        // The last one comes where the other's beginning has ended this one's transaction, and its epoch is not
        // compared any more.
        return e instanceof ProducerFencedException
                || e instanceof InvalidProducerEpochException
                || e instanceof InvalidTxnStateException;
    }

    private interface Work<T, E extends Exception> {
        T run() throws E, IOException, InterruptedException;
    }

    private static <T> T reading(Work<T, IOException> work) throws IOException, InterruptedException {
        return deciding(work);
    }

    /** Kafka's unchecked exceptions mean what an IOException means; a fencing has been dealt with inside. */
    private static <T, E extends Exception> T deciding(Work<T, E> work) throws E, IOException, InterruptedException {
        try {
            return work.run();
        } catch (KafkaException e) {
            throw new IOException("Kafka: " + e.getMessage(), e);
        }
    }
}
