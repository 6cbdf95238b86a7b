package dev.millrace.bench.bed;

import dev.millrace.bench.measure.RoundOptions;
import dev.millrace.broker.BrokerProcess;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.TopicSpec;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.worker.model.ModelRefusedException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;

/** A broker that is measured with. It runs on the CPUs of the thread that makes it. One thread. */
public final class BenchBroker implements AutoCloseable {
    /** A broker that lasts: compiled by both compilers, unlike the one of a demo. */
    private static final List<String> JVM = List.of("-Xmx1g", "-Xms1g", "-XX:+UseSerialGC");

    private final BrokerProcess process;
    private final Admin admin;

    /**
     * Starts it.
     *
     * @param folder for records and its log; empty
     */
    public BenchBroker(Path folder) {
        process = BrokerProcess.launch()
                .data(folder.resolve(RoundOptions.RECORDS))
                .log(folder.resolve("broker.log"))
                .jvmArgs(JVM)
                // What is answered is deleted soon: a run writes gigabytes.
                .set("log.segment.bytes", Integer.toString(64 << 20))
                .set("log.retention.check.interval.ms", "5000")
                .set("log.segment.delete.delay.ms", "1000")
                .start();
        try {
            admin = Admin.create(Map.of("bootstrap.servers", process.bootstrapServers()));
        } catch (RuntimeException e) {
            process.close();
            throw e;
        }
    }

    /** Where it listens. */
    public String bootstrap() {
        return process.bootstrapServers();
    }

    /** Its process. */
    public ProcessHandle handle() {
        return process.handle();
    }

    /** Asks it; stays this one's. */
    public Admin admin() {
        return admin;
    }

    /** Makes what is missing. */
    public void create(List<TopicSpec> topics) throws IOException, InterruptedException {
        try {
            new TopicProvisioner(admin).createMissing(topics);
        } catch (ExecutionException e) {
            throw new IOException("topics: " + e.getMessage(), e);
        }
    }

    /** Lets workers on these topics answer with this model, signed by keys that nobody asks for. */
    public void publish(Subject model, Topics topics) throws IOException, InterruptedException {
        KeyPair keys = ManifestKeys.generate();
        try {
            new ModelRegistry(Map.of("bootstrap.servers", bootstrap()), topics)
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

    /** Fills the requests topic, and reads what comes of it. */
    public FilledTopic topic(Topics topics, int partitions, Dialect dialect) {
        return new FilledTopic(bootstrap(), admin, topics, partitions, dialect);
    }

    @Override
    public void close() {
        try (process) {
            admin.close();
        }
    }
}
