package dev.millrace.bench.bed;

import dev.millrace.bench.measure.RoundOptions;
import dev.millrace.broker.BrokerProcess;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.worker.delivery.DeliveryMode;
import dev.millrace.worker.model.ModelRefusedException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;

/** A broker of its own, topics, and a model in them. What it starts runs on the CPUs of the thread that makes it. One thread. */
public final class TopicBed implements AutoCloseable {
    /** Of the workers. */
    public static final String GROUP = "bench";

    private static final int LEAST_PARTITIONS = 4;

    /** A broker that lasts: compiled by both compilers, unlike the one of a demo. */
    private static final List<String> BROKER_JVM = List.of("-Xmx1g", "-Xms1g", "-XX:+UseSerialGC");

    private final Subject subject;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Topics topics = new Topics("bench.");
    private final BrokerProcess broker;
    private final FilledTopic topic;
    private final Admin admin;
    private final int partitions;

    /** As many partitions for each lane, and at least 4: few, so that a fetch is worth its way. */
    public static int partitionsFor(int lanes) {
        return lanes * (int) Math.ceil((double) LEAST_PARTITIONS / lanes);
    }

    /**
     * Starts the broker, and publishes the model and the one that does nothing.
     *
     * @param partitions of the requests, and of the results
     * @param folder for records and logs; empty
     */
    public TopicBed(Subject subject, int partitions, Path folder) throws IOException, InterruptedException {
        this.subject = subject;
        this.partitions = partitions;
        try {
            broker = open(startBroker(folder));
            admin = open(Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers())));
            createTopics();
            publish(subject);
            if (!subject.isIdle()) {
                publish(subject.idle());
            }
            topic = open(new FilledTopic(broker.bootstrapServers(), admin, topics, partitions, new WireDialect()));
        } catch (IOException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private static BrokerProcess startBroker(Path folder) {
        return BrokerProcess.launch()
                .data(folder.resolve(RoundOptions.RECORDS))
                .log(folder.resolve("broker.log"))
                .jvmArgs(BROKER_JVM)
                // What is answered is deleted soon: a run writes gigabytes.
                .set("log.segment.bytes", Integer.toString(64 << 20))
                .set("log.retention.check.interval.ms", "5000")
                .set("log.segment.delete.delay.ms", "1000")
                .start();
    }

    private <T extends AutoCloseable> T open(T part) {
        open.push(part);
        return part;
    }

    private void createTopics() throws IOException, InterruptedException {
        try {
            new TopicProvisioner(admin).createMissing(topics.catalogue(partitions, (short) 1));
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
                            ModelRegistry.Start.ANSWERING,
                            "bench",
                            "");
        } catch (ModelRefusedException | BrokerUnreachableException e) {
            throw new IOException("model: " + e.getMessage(), e);
        }
    }

    /**
     * Options of a worker in {@link #GROUP} of this bed.
     *
     * @param lanes as its {@code --lanes} takes them
     * @param batch most images in a session run
     * @param settings as its {@code --set} takes them
     */
    public List<String> workerOptions(String lanes, DeliveryMode delivery, int batch, List<String> settings) {
        List<String> options = new ArrayList<>(List.of(
                "--bootstrap",
                broker.bootstrapServers(),
                "--prefix",
                topics.prefix(),
                "--group",
                GROUP,
                "--lanes",
                lanes,
                "--delivery",
                delivery.toString(),
                "--set",
                "millrace.batch.max=" + batch));
        settings.forEach(setting -> options.addAll(List.of("--set", setting)));
        return options;
    }

    /** Asks the broker; stays this bed's. */
    public Admin admin() {
        return admin;
    }

    public Subject subject() {
        return subject;
    }

    public FilledTopic topic() {
        return topic;
    }

    /** Where the broker listens. */
    public String bootstrap() {
        return broker.bootstrapServers();
    }

    public Topics topics() {
        return topics;
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
