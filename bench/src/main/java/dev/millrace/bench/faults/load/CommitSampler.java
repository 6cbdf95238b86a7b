package dev.millrace.bench.faults.load;

import dev.millrace.bench.faults.history.Event.Committed;
import dev.millrace.bench.faults.history.History;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/**
 * Asks ten times a second what the group has committed, and then where the topics of terminal records end: in that order,
 * so that the ends are never older than the commits. Its own thread, through its own {@link Admin}.
 */
public final class CommitSampler implements AutoCloseable {
    private static final long INTERVAL_MS = 100;
    private static final int PATIENCE_MS = 1_000;

    private final Admin admin;
    private final String group;
    private final Collection<TopicPartition> terminals;
    private final Thread thread = new Thread(this::run, "commit-sampler");
    private volatile History history;
    private volatile boolean stopping;

    private CommitSampler(Admin admin, String group, Collection<TopicPartition> terminals, History history) {
        this.admin = admin;
        this.group = group;
        this.terminals = terminals;
        this.history = history;
    }

    /** Starts sampling {@code group}. */
    public static CommitSampler start(
            String bootstrap, String group, Collection<TopicPartition> terminals, History history) {
        CommitSampler sampler = new CommitSampler(
                Admin.create(Map.of("bootstrap.servers", bootstrap, "client.id", "commit-sampler")),
                group,
                terminals,
                history);
        sampler.thread.start();
        return sampler;
    }

    /** From now on, samples go into {@code next}. */
    public void into(History next) {
        history = next;
    }

    private void run() {
        try (admin) {
            while (!stopping) {
                sample();
                TimeUnit.MILLISECONDS.sleep(INTERVAL_MS);
            }
        } catch (InterruptedException e) {
            // How close() ends it.
        }
    }

    private void sample() throws InterruptedException {
        History sink = history;
        try {
            Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(
                            group, new ListConsumerGroupOffsetsOptions().timeoutMs(PATIENCE_MS))
                    .partitionsToOffsetAndMetadata()
                    .get(PATIENCE_MS, TimeUnit.MILLISECONDS);
            Map<Integer, Long> offsets = new HashMap<>();
            committed.forEach((partition, position) -> {
                if (position != null) {
                    offsets.put(partition.partition(), position.offset());
                }
            });
            Map<String, Long> ends = ends();
            sink.add(micros -> new Committed(micros, offsets, ends));
        } catch (ExecutionException | TimeoutException e) {
            // The broker is away, or there is no such group yet: no sample.
        }
    }

    private Map<String, Long> ends() throws InterruptedException, ExecutionException, TimeoutException {
        // Of a transaction, the commit of the offsets may show before the one of the results: count open ones, too.
        Map<TopicPartition, OffsetSpec> latest =
                terminals.stream().collect(Collectors.toMap(Function.identity(), partition -> OffsetSpec.latest()));
        Map<String, Long> ends = new HashMap<>();
        admin.listOffsets(latest, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED).timeoutMs(PATIENCE_MS))
                .all()
                .get(PATIENCE_MS, TimeUnit.MILLISECONDS)
                .forEach((partition, end) -> ends.put(partition.toString(), end.offset()));
        return ends;
    }

    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
