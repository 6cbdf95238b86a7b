package dev.millrace.bench.limit;

import dev.millrace.bench.limit.LimitPlan.Case;
import dev.millrace.bench.limit.child.Subject;
import dev.millrace.bench.process.Placement;
import dev.millrace.broker.BrokerProcess;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.worker.model.ModelRefusedException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;

/** What one case is measured with: a broker of its own, a filled topic, the worker, and what it is compared with. */
final class LimitBed implements AutoCloseable {
    static final String GROUP = "bench";

    /** More than lanes, so that each has its share; few, so that a fetch is worth its way. */
    private static final int PARTITIONS = 4;

    /** A broker that lasts: compiled by both compilers, unlike the one of a demo. */
    private static final List<String> BROKER_JVM = List.of("-Xmx1g", "-Xms1g", "-XX:+UseSerialGC");

    private final Case measured;
    private final Subject subject;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Topics topics = new Topics("bench.");
    private final BrokerProcess broker;
    private final FilledTopic topic;
    private final WorkerUnderTest worker;
    private final Contestants contestants;

    /**
     * Starts everything.
     *
     * @param folder for records and logs; empty
     */
    LimitBed(Case measured, Placement placement, Path folder) throws IOException, InterruptedException {
        this.measured = measured;
        this.subject = Subject.of(measured.model());
        try {
            broker = open(placement.onOthers(() -> startBroker(folder)));
            topic = placement.onOthers(this::fillable);
            worker = open(WorkerUnderTest.start("worker", options(placement), folder.resolve("worker.log")));
            contestants = open(Contestants.start(measured, placement, folder.resolve("contestants.log")));
        } catch (IOException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private static BrokerProcess startBroker(Path folder) {
        return BrokerProcess.launch()
                .data(folder.resolve("kafka"))
                .log(folder.resolve("broker.log"))
                .jvmArgs(BROKER_JVM)
                // What is answered is deleted soon: a run writes gigabytes.
                .set("log.segment.bytes", Integer.toString(64 << 20))
                .set("log.retention.check.interval.ms", "5000")
                .set("log.segment.delete.delay.ms", "1000")
                .start();
    }

    private FilledTopic fillable() throws IOException, InterruptedException {
        Admin admin = open(Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers())));
        createTopics(admin);
        publish(subject);
        if (!subject.isIdle()) {
            publish(subject.idle());
        }
        return open(new FilledTopic(broker.bootstrapServers(), admin, topics, PARTITIONS));
    }

    private <T extends AutoCloseable> T open(T part) {
        open.push(part);
        return part;
    }

    private void createTopics(Admin admin) throws IOException, InterruptedException {
        try {
            new TopicProvisioner(admin).createMissing(topics.catalogue(PARTITIONS, (short) 1));
        } catch (ExecutionException e) {
            throw new IOException("topics: " + e.getMessage(), e);
        }
    }

    private void publish(Subject model) throws IOException, InterruptedException {
        KeyPair keys = ManifestKeys.generate();
        try {
            new ModelRegistry(Map.of("bootstrap.servers", broker.bootstrapServers()), topics)
                    .publish(
                            model.onnx(),
                            ManifestDraft.of(model.onnx(), null, null),
                            new ManifestSigner(keys.getPrivate(), keys.getPublic()),
                            "bench",
                            "");
        } catch (ModelRefusedException | BrokerUnreachableException e) {
            throw new IOException("model: " + e.getMessage(), e);
        }
    }

    private List<String> options(Placement placement) {
        return List.of(
                "--bootstrap",
                broker.bootstrapServers(),
                "--prefix",
                topics.prefix(),
                "--group",
                GROUP,
                "--lanes",
                placement.spec(),
                "--delivery",
                measured.delivery().toString(),
                "--set",
                "millrace.batch.max=" + measured.batch());
    }

    Subject subject() {
        return subject;
    }

    FilledTopic topic() {
        return topic;
    }

    WorkerUnderTest worker() {
        return worker;
    }

    Contestants contestants() {
        return contestants;
    }

    /**
     * What the plain loop is told, to consume {@code records} as a member of {@code group}. It writes to the topic of dead
     * letters, where nobody takes them for answers.
     */
    String plainArguments(String group, long records) {
        return String.join(
                " ",
                broker.bootstrapServers(),
                topics.requests(),
                topics.deadLetters(),
                group,
                Long.toString(records),
                Integer.toString(measured.batch()));
    }

    /** In reverse, whatever fails. */
    @Override
    public void close() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                System.err.println("while closing: " + e);
            }
        }
    }
}
