package dev.millrace.bench.faults.rig;

import dev.millrace.bench.faults.child.BrokerChild;
import dev.millrace.bench.faults.history.Answer;
import dev.millrace.bench.faults.history.Answer.ServedBy;
import dev.millrace.bench.faults.history.Event;
import dev.millrace.bench.faults.history.Event.Accepted;
import dev.millrace.bench.faults.history.Event.Answered;
import dev.millrace.bench.faults.history.Event.AtRest;
import dev.millrace.bench.faults.history.Event.Opened;
import dev.millrace.bench.faults.history.History;
import dev.millrace.bench.faults.load.CommitSampler;
import dev.millrace.bench.faults.load.RequestLoad;
import dev.millrace.bench.faults.load.TerminalReader;
import dev.millrace.bench.faults.proxy.FaultProxy;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.worker.delivery.DeliveryMode;
import dev.millrace.worker.model.ModelRefusedException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * What a fault is injected into: the broker, the workers of one delivery mode each behind a proxy of its own, a reader
 * that never stops, and the history of the run that is on. One thread, that of the campaign.
 */
public final class Rig implements AutoCloseable {
    /** Of the workers: what a dead one leaves open holds every read_committed reader up for about this long. */
    public static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(5);

    private static final Duration REST_LIMIT = Duration.ofSeconds(20);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);
    private static final long STEP_MS = 20;

    private final TestBed bed;
    private final RigPlan plan;
    private final Topics topics;
    private final Admin admin;
    private final Cluster cluster;
    private final List<WorkerSlot> workers = new ArrayList<>();
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Set<ServedBy> models = new HashSet<>();
    private final List<TopicPartition> terminals;
    private History history = new History();
    private Map<TopicPartition, Long> from = Map.of();
    private @Nullable TerminalReader reader;
    private @Nullable CommitSampler sampler;
    private @Nullable RequestLoad load;

    private Rig(TestBed bed, RigPlan plan) {
        this.bed = bed;
        this.plan = plan;
        this.topics = new Topics(plan.prefix());
        this.admin = Admin.create(Map.of("bootstrap.servers", bed.broker().bootstrapServers()));
        this.cluster = new Cluster(admin);
        this.terminals = Stream.of(topics.results(), topics.deadLetters())
                .flatMap(topic -> partitions(topic).stream())
                .toList();
        open.push(admin);
    }

    /** Creates the topics, publishes the model and starts everything; returns once every worker has answered. */
    public static Rig start(TestBed bed, RigPlan plan) throws IOException, InterruptedException {
        Rig rig = new Rig(bed, plan);
        try {
            rig.start();
            return rig;
        } catch (IOException | InterruptedException | RuntimeException e) {
            rig.close();
            throw e;
        }
    }

    private void start() throws IOException, InterruptedException {
        createTopics();
        publishModel();
        for (int number = 1; number <= plan.workers(); number++) {
            workers.add(slot(number));
        }
        TerminalReader reading = TerminalReader.start(bootstrap(), topics, terminals, history);
        reader = reading;
        open.push(reading);
        if (plan.mode() != DeliveryMode.QUEUE) {
            sampler = CommitSampler.start(bootstrap(), plan.group(), terminals, history);
            open.push(sampler);
        }
        ensureServing();
    }

    private void createTopics() throws IOException, InterruptedException {
        asking(() -> new TopicProvisioner(admin).createMissing(topics.catalogue(plan.partitions(), (short) 1)));
    }

    /**
     * Publishes the next version of the model, which labels as the ones before.
     *
     * @return its number
     */
    public int publishModel() throws IOException, InterruptedException {
        byte[] onnx = bed.images().model();
        try {
            ModelManifest manifest = new ModelRegistry(Map.of("bootstrap.servers", bootstrap()), topics)
                    .publish(
                            onnx,
                            ManifestDraft.of(onnx, null, null),
                            bed.signer(),
                            ModelRegistry.Start.ANSWERING,
                            "bench",
                            "")
                    .manifest();
            models.add(new ServedBy(manifest.getVersion(), manifest.getSha256()));
            return manifest.getVersion();
        } catch (ModelRefusedException | BrokerUnreachableException e) {
            throw new IOException("model: " + e.getMessage(), e);
        }
    }

    private WorkerSlot slot(int number) throws IOException {
        String id = "worker-" + number;
        String host = "127.0.0." + (number + 1);
        FaultProxy link = FaultProxy.start(bed.vertx(), host, bed.port(), bed.port(), plan.seed() + number);
        open.push(link);
        List<String> arguments = new ArrayList<>(List.of("--bootstrap", bootstrap(), "--id", id));
        arguments.addAll(List.of("--group", plan.group(), "--prefix", plan.prefix(), "--http-port", "0"));
        arguments.addAll(List.of("--lanes", "cpu:none x" + plan.lanes()));
        arguments.addAll(List.of("--trusted-keys", bed.trustedKey().toString()));
        settings().forEach((key, value) -> arguments.addAll(List.of("--set", key + "=" + value)));
        Path folder = bed.folder().resolve(plan.mode().toString()).resolve(id);
        WorkerSlot slot = new WorkerSlot(id, host, link, plan.jvm(), arguments, folder);
        open.push(slot);
        return slot;
    }

    private Map<String, String> settings() {
        Map<String, String> settings = new HashMap<>();
        settings.put("millrace.delivery", plan.mode().toString());
        settings.put("millrace.heartbeat", "1s");
        if (plan.mode() == DeliveryMode.EXACTLY_ONCE) {
            settings.put("kafka.transaction.timeout.ms", Long.toString(TRANSACTION_TIMEOUT.toMillis()));
        }
        return settings;
    }

    // --- What faults use ----------------------------------------------------------------------------------------

    /** How the workers deliver. */
    public DeliveryMode mode() {
        return plan.mode();
    }

    /** The broker. */
    public BrokerChild broker() {
        return bed.broker();
    }

    /** The workers, all of them running when a fault is injected. */
    public List<WorkerSlot> workers() {
        return List.copyOf(workers);
    }

    /** How many lanes each worker has. */
    public int lanes() {
        return plan.lanes();
    }

    /** The broker's address for clients that no proxy is in the way of. */
    public String bootstrap() {
        return bed.broker().bootstrapServers();
    }

    /** The workers' group. */
    public String group() {
        return plan.group();
    }

    /** The topics' names. */
    public Topics topics() {
        return topics;
    }

    /** An admin client that no proxy is in the way of. */
    public Admin admin() {
        return admin;
    }

    /** The load that is on. */
    public RequestLoad load() {
        if (load == null) {
            throw new IllegalStateException("load: off (expected: within a run)");
        }
        return load;
    }

    /** Notes something that explains the history. */
    public void note(String step, String detail) {
        history.nemesis(step, detail);
    }

    /** Lets time pass while the load goes on. */
    public void pause(Duration duration) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(duration.toNanos());
    }

    /** Waits until {@code condition} holds; false when it does not within {@code limit}. */
    public boolean await(Duration limit, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(STEP_MS);
        }
        return true;
    }

    /** Whether the request with this id has an answer, or a dead letter, by now. */
    public boolean isAnswered(String requestId) {
        List<Event> events = history.events();
        return isAmong(requestId, events, sources(events));
    }

    /** Whether the request with this id has a dead letter by now. */
    public boolean isKept(String requestId) {
        List<Event> events = history.events();
        Set<List<Long>> kept = sources(events.stream()
                .filter(event ->
                        event instanceof Answered answered && answered.answer().letter())
                .toList());
        return isAmong(requestId, events, kept);
    }

    private static boolean isAmong(String requestId, List<Event> events, Set<List<Long>> sources) {
        return events.stream()
                .filter(Accepted.class::isInstance)
                .map(Accepted.class::cast)
                .filter(accepted -> accepted.requestId().equals(requestId))
                .anyMatch(accepted -> sources.contains(List.of((long) accepted.partition(), accepted.offset())));
    }

    /** Deletes the topic of dead letters. */
    public void deleteDeadLetters() throws IOException, InterruptedException {
        asking(() -> admin.deleteTopics(List.of(topics.deadLetters())).all().get());
    }

    /** Creates the topic of dead letters again, empty. */
    public void createDeadLetters() throws IOException, InterruptedException {
        createTopics();
        List<TopicPartition> renewed = partitions(topics.deadLetters());
        Map<TopicPartition, Long> start = new HashMap<>(from);
        start.keySet().removeAll(renewed);
        from = start;
        reading().restart(renewed);
    }

    /** How many answers of this worker the reader has seen in this run. */
    public long answersOf(WorkerSlot worker) {
        return answersBy(worker).count();
    }

    private Stream<Answer> answersBy(WorkerSlot worker) {
        return history.events().stream()
                .filter(Answered.class::isInstance)
                .map(event -> ((Answered) event).answer())
                .filter(answer -> answer.lane().startsWith(worker.id() + "/"));
    }

    /** Whether this worker has answered with this version of the model. */
    public boolean servesVersion(WorkerSlot worker, int version) {
        return answersBy(worker).anyMatch(answer -> {
            ServedBy model = answer.model();
            return model != null && model.version() == version;
        });
    }

    /**
     * The broker's records lie on a disk of their own from now on, with that much room left on it. The broker is
     * restarted for it.
     *
     * @throws IOException when this process may not mount one
     */
    public SmallDisk shrinkBrokerDisk(long room) throws IOException {
        return bed.shrinkBrokerDisk(room);
    }

    /** The transactional ids of a worker that have a transaction open. */
    public List<String> openTransactions(WorkerSlot worker) throws IOException, InterruptedException {
        String prefix = plan.group() + "-" + worker.id() + "-";
        return asking(cluster::ongoing).stream()
                .filter(id -> id.startsWith(prefix))
                .toList();
    }

    /**
     * For how long a read_committed reader does not get past what is on the topics of terminal records now.
     *
     * @return empty when it still has not after {@code limit}
     */
    public Optional<Duration> stall(Duration limit) throws IOException, InterruptedException {
        long start = System.nanoTime();
        Map<TopicPartition, Long> now = asking(() -> cluster.ends(terminals, IsolationLevel.READ_UNCOMMITTED));
        while (System.nanoTime() - start < limit.toNanos()) {
            Map<TopicPartition, Long> stable = asking(() -> cluster.ends(terminals, IsolationLevel.READ_COMMITTED));
            if (now.entrySet().stream().allMatch(end -> stable.getOrDefault(end.getKey(), 0L) >= end.getValue())) {
                return Optional.of(Duration.ofNanos(System.nanoTime() - start));
            }
            TimeUnit.MILLISECONDS.sleep(STEP_MS);
        }
        return Optional.empty();
    }

    /** Starts every worker that is not there, and waits until all of them serve. */
    public void ensureServing() throws IOException, InterruptedException {
        for (WorkerSlot worker : workers) {
            if (!worker.isAlive()) {
                worker.start();
            }
        }
        for (WorkerSlot worker : workers) {
            worker.awaitServing();
        }
    }

    // --- What the campaign uses ---------------------------------------------------------------------------------

    /** Opens a run: a history of its own, and the load, which is on until {@link #stopLoad}. */
    public void open(String run, long seed) throws IOException, InterruptedException {
        Map<Integer, Long> first = new HashMap<>();
        asking(() -> cluster.ends(partitions(topics.requests()), IsolationLevel.READ_UNCOMMITTED))
                .forEach((partition, end) -> first.put(partition.partition(), end));
        History next = new History();
        next.add(micros -> new Opened(micros, first));
        history = next;
        from = reading().into(next);
        if (sampler != null) {
            sampler.into(next);
        }
        load = RequestLoad.start(
                bootstrap(), topics.requests(), bed.images(), next, new RequestLoad.Pace(run, plan.perSecond(), seed));
    }

    /** Stops the load, and returns once every request is accepted or given up. */
    public void stopLoad() throws InterruptedException {
        if (load != null) {
            load.stop();
            load.close();
            load = null;
        }
    }

    /** Waits until every accepted request has an answer; false when one is still missing after a minute. */
    public boolean awaitAnswers() throws InterruptedException {
        return await(ANSWER_LIMIT, () -> {
            List<Event> events = history.events();
            Set<List<Long>> answered = sources(events);
            return events.stream()
                    .filter(Accepted.class::isInstance)
                    .map(Accepted.class::cast)
                    .allMatch(accepted -> answered.contains(List.of((long) accepted.partition(), accepted.offset())));
        });
    }

    private static Set<List<Long>> sources(List<Event> events) {
        Set<List<Long>> sources = new HashSet<>();
        for (Event event : events) {
            if (event instanceof Answered answered) {
                sources.add(List.of(
                        (long) answered.answer().sourcePartition(),
                        answered.answer().sourceOffset()));
            }
        }
        return sources;
    }

    /**
     * Waits until nothing is open on the broker and the reader has seen everything, then reads the run a second time.
     */
    public void settle() throws IOException, InterruptedException {
        AtRest rest = asking(() -> cluster.awaitRest(terminals, REST_LIMIT));
        history.add(micros -> new AtRest(micros, rest.unstable(), rest.ongoing()));
        Map<TopicPartition, Long> ends = asking(() -> cluster.ends(terminals, IsolationLevel.READ_COMMITTED));
        await(REST_LIMIT, () -> ends.entrySet().stream()
                .allMatch(end -> reading().positions().getOrDefault(end.getKey(), 0L) >= end.getValue()));
        TerminalReader.reread(bootstrap(), startOfRun(), ends, history);
    }

    /** The history of the run that is on. */
    public History history() {
        return history;
    }

    /** Right class index by image. */
    public Map<Integer, Integer> labels() {
        return bed.images().labels();
    }

    /** The model versions that were published. */
    public Set<ServedBy> models() {
        return Set.copyOf(models);
    }

    private Map<TopicPartition, Long> startOfRun() {
        Map<TopicPartition, Long> start = new HashMap<>();
        terminals.forEach(partition -> start.put(partition, from.getOrDefault(partition, 0L)));
        return start;
    }

    private TerminalReader reading() {
        if (reader == null) {
            throw new IllegalStateException("rig: not started (expected: start() first)");
        }
        return reader;
    }

    private List<TopicPartition> partitions(String topic) {
        return IntStream.range(0, plan.partitions())
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .toList();
    }

    private interface Question<T> {
        T ask() throws InterruptedException, ExecutionException;
    }

    private static <T> T asking(Question<T> question) throws IOException, InterruptedException {
        try {
            return question.ask();
        } catch (ExecutionException e) {
            throw new IOException("Kafka: " + e.getCause(), e);
        }
    }

    /** Stops the workers and the clients; the broker stays. */
    @Override
    public void close() {
        if (load != null) {
            load.close();
        }
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                System.getLogger(Rig.class.getName()).log(System.Logger.Level.WARNING, "part does not close", e);
            }
        }
    }
}
