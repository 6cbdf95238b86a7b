package dev.millrace.bench.peers;

import dev.millrace.bench.bed.BenchBroker;
import dev.millrace.bench.bed.Dialect;
import dev.millrace.bench.bed.FilledTopic;
import dev.millrace.bench.bed.OpenLoop;
import dev.millrace.bench.bed.Subject;
import dev.millrace.bench.bed.TopicBed;
import dev.millrace.bench.bed.WorkerUnderTest;
import dev.millrace.bench.process.Holdings;
import dev.millrace.bench.process.Placement;
import dev.millrace.bench.process.Quiet;
import dev.millrace.bench.process.TalkingChild;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.topic.TopicSpec;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.worker.delivery.DeliveryMode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A contestant that runs, between topics of its own, on any CPU; broker and bench have those that no lane is pinned to. One thread. */
final class PeerProcess implements AutoCloseable {
    /** Of every JVM here, ours included. */
    static final List<String> JVM_FLAGS = List.of(
            "-Xms256m",
            "-Xmx1g",
            "-Xshare:auto",
            "-XX:-UsePerfData",
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+ExitOnOutOfMemoryError");

    private static final double MB = 1e6;
    private static final double MIB = 1024 * 1024;

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Peer peer;
    private final Topics topics;
    private final ProcessHandle process;
    private final Quiet quiet;
    private final Runnable watch;
    private final FilledTopic topic;
    private final OpenLoop loop;

    /**
     * What all have in common.
     *
     * @param model uint8 pixels in; Crayfish's is made of it
     * @param batch most images in a run of a worker
     * @param settings of a worker, as its {@code --set} takes them
     * @param programs of the peers
     */
    record Seat(
            BenchBroker broker,
            Subject model,
            int batch,
            List<String> settings,
            Placement placement,
            PeerFiles files,
            Path programs) {}

    /** Starts it. */
    PeerProcess(Peer peer, Seat seat, List<ImageRequest> images) throws IOException, InterruptedException {
        this.peer = peer;
        topics = new Topics(peer.name() + ".");
        int partitions = TopicBed.partitionsFor(seat.placement().lanes().size());
        seat.broker().create(specs(partitions));
        try {
            if (peer.isMillrace()) {
                seat.broker().publish(seat.model(), topics);
                WorkerUnderTest worker = open(seat.placement().onAll(() -> worker(seat)));
                process = worker.handle();
                watch = () -> {};
            } else {
                TalkingChild child = open(seat.placement().onAll(() -> program(seat)));
                process = child.handle();
                watch = () -> requireAlive(child);
            }
            quiet = new Quiet(process, seat.broker().handle());
            Dialect dialect = dialect(seat.model());
            topic = open(seat.broker().topic(topics, partitions, dialect));
            loop = open(new OpenLoop(seat.broker().bootstrap(), topics, images, dialect));
        } catch (IOException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private static void requireAlive(TalkingChild child) {
        if (!child.isAlive()) {
            throw child.failure("has ended");
        }
    }

    private <T extends AutoCloseable> T open(T part) {
        open.push(part);
        return part;
    }

    /** A worker needs all topics, the others two. Answers have the time at which they were appended. */
    private List<TopicSpec> specs(int partitions) {
        List<TopicSpec> specs = new ArrayList<>();
        for (TopicSpec spec : topics.catalogue(partitions, (short) 1)) {
            Map<String, String> configs = new HashMap<>(spec.configs());
            if (spec.name().equals(topics.results())) {
                configs.put("message.timestamp.type", "LogAppendTime");
            }
            if (peer.isMillrace()
                    || List.of(topics.requests(), topics.results()).contains(spec.name())) {
                specs.add(new TopicSpec(spec.name(), spec.partitions(), spec.replication(), configs));
            }
        }
        return specs;
    }

    private WorkerUnderTest worker(Seat seat) throws IOException, InterruptedException {
        List<String> flags = new ArrayList<>(JVM_FLAGS);
        flags.add("-Dlogback.configurationFile=logback-bench-worker.xml");
        List<String> options = TopicBed.workerOptions(
                seat.broker().bootstrap(),
                topics,
                seat.placement().spec(),
                DeliveryMode.AT_LEAST_ONCE,
                seat.batch(),
                seat.settings());
        return WorkerUnderTest.start(peer.name(), flags, options, log(seat));
    }

    private TalkingChild program(Seat seat) throws IOException {
        PeerFiles files = seat.files();
        Path model = peer.speaksJson() ? files.modelTakingFloats() : files.model();
        Map<String, String> environment = Map.of(
                "BOOTSTRAP", seat.broker().bootstrap(),
                "REQUESTS", topics.requests(),
                "RESULTS", topics.results(),
                "GROUP", peer.name(),
                "MODEL", model.toString(),
                "SCHEMA", files.schema().toString(),
                "STATE", files.resolve(peer.name() + "-state").toString(),
                "THREADS", Integer.toString(seat.placement().lanes().size()));
        return TalkingChild.start(
                peer.name(), new Installed(seat.programs()).command(peer, JVM_FLAGS), environment, log(seat));
    }

    private Path log(Seat seat) {
        return seat.files().resolve(peer.name() + ".log");
    }

    private Dialect dialect(Subject model) {
        return switch (peer.host()) {
            case WORKER -> new AppendDialect();
            case JVM, PYTHON, NODE -> new IndexDialect();
            case JVM_JSON ->
                new JsonDialect(model.spec().mean().get(0), model.spec().scale().get(0));
        };
    }

    Peer peer() {
        return peer;
    }

    /** Asks about each image, and compares. */
    void requireRightAnswers(List<ImageRequest> images, RightAnswers right) throws IOException, InterruptedException {
        try {
            topic.fill(images, images.size());
            topic.fire();
            right.check(topic.answers(watch), peer.isMillrace());
            topic.empty();
        } catch (IOException e) {
            throw new IOException(peer.name() + ": " + e.getMessage(), e);
        }
    }

    /**
     * What one filled topic came to.
     *
     * @param cpuSeconds of the whole process
     */
    record Drained(double perSecond, long images, double cpuSeconds) {
        double perCpuSecond() {
            return images / cpuSeconds;
        }
    }

    /** Lets it answer requests that are all there. */
    Drained drain(List<ImageRequest> images, long records) throws IOException, InterruptedException {
        topic.fill(images, records);
        Duration before = cpu();
        topic.fire();
        double perSecond = topic.answersPerSecond(watch);
        Duration used = cpu().minus(before);
        topic.empty();
        return new Drained(perSecond, records, used.toNanos() / 1e9);
    }

    /** CPU time of its whole process so far. */
    Duration cpu() throws IOException {
        return process.info().totalCpuDuration().orElseThrow(() -> new IOException(peer.name() + ": has ended"));
    }

    /** Leaves it alone until it, its broker and the bench have nothing left to compile. */
    void awaitQuiet(Duration limit) throws IOException, InterruptedException {
        quiet.await(limit);
    }

    /** Sends requests at moments that nothing delays. */
    OpenLoop.Outcome load(OpenLoop.Arrivals arrivals, double perSecond, Duration window, long seed)
            throws IOException, InterruptedException {
        OpenLoop.Outcome outcome = loop.run(arrivals, perSecond, window, seed);
        topic.empty();
        return outcome;
    }

    /** Resident memory now, in millions of bytes. */
    double rssMb() throws IOException {
        return Holdings.of(process.pid()).rssMib() * MIB / MB;
    }

    @Override
    public void close() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                System.err.println("while closing " + peer.name() + ": " + e);
            }
        }
    }
}
