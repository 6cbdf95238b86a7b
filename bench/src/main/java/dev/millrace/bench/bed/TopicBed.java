package dev.millrace.bench.bed;

import dev.millrace.schemas.topic.Topics;
import dev.millrace.worker.delivery.DeliveryMode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;

/** A broker of its own, topics, and a model in them. What it starts runs on the CPUs of the thread that makes it. One thread. */
public final class TopicBed implements AutoCloseable {
    /** Of the workers. */
    public static final String GROUP = "bench";

    private static final int LEAST_PARTITIONS = 4;

    private final Subject subject;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Topics topics = new Topics("bench.");
    private final BenchBroker broker;
    private final FilledTopic topic;

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
        try {
            broker = open(new BenchBroker(folder));
            broker.create(topics.catalogue(partitions, (short) 1));
            broker.publish(subject, topics);
            if (!subject.isIdle()) {
                broker.publish(subject.idle(), topics);
            }
            topic = open(broker.topic(topics, partitions, new WireDialect()));
        } catch (IOException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private <T extends AutoCloseable> T open(T part) {
        open.push(part);
        return part;
    }

    /**
     * Options of a worker in {@link #GROUP} of this bed.
     *
     * @param lanes as its {@code --lanes} takes them
     * @param batch most images in a session run
     * @param settings as its {@code --set} takes them
     */
    public List<String> workerOptions(String lanes, DeliveryMode delivery, int batch, List<String> settings) {
        return workerOptions(broker.bootstrap(), topics, lanes, delivery, batch, settings);
    }

    /** Options of a worker in {@link #GROUP}, on any topics. */
    public static List<String> workerOptions(
            String bootstrap, Topics topics, String lanes, DeliveryMode delivery, int batch, List<String> settings) {
        List<String> options = new ArrayList<>(List.of(
                "--bootstrap",
                bootstrap,
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
        return broker.admin();
    }

    public Subject subject() {
        return subject;
    }

    /** Process of the broker. */
    public ProcessHandle brokerHandle() {
        return broker.handle();
    }

    public FilledTopic topic() {
        return topic;
    }

    /** Where the broker listens. */
    public String bootstrap() {
        return broker.bootstrap();
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
