package dev.millrace.worker.intake;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lane's membership in the consumer group. Takes records, and commits only what its ledger allows, so that a crash at
 * any moment repeats work but loses none. Lane thread only.
 */
public final class GroupIntake implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GroupIntake.class);
    private static final long COMMIT_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final Duration COMMIT_PATIENCE = Duration.ofSeconds(5);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

    private final Consumer<byte[], ByteBuffer> consumer;
    private final String topic;
    private final Settler settler;
    private final OffsetLedger ledger = new OffsetLedger();
    private final List<ConsumerRecord<byte[], ByteBuffer>> polled = new ArrayList<>();
    private final Set<TopicPartition> assigned = new HashSet<>();
    private long lastCommitNanos = System.nanoTime();

    /** What the intake asks for before it lets partitions go. */
    public interface Settler {
        /** Waits until what was published is acknowledged or has failed, and notes it through {@link #acknowledge}. */
        void settle();
    }

    /**
     * Wires the intake; nothing is read before {@link #join}.
     *
     * @param consumer owned from here on: closed by {@link #close}
     * @param topic the requests topic
     * @param settler asked before partitions are given up
     */
    public GroupIntake(Consumer<byte[], ByteBuffer> consumer, String topic, Settler settler) {
        this.consumer = consumer;
        this.topic = topic;
        this.settler = settler;
    }

    /** Joins the group. */
    public void join() {
        consumer.subscribe(List.of(topic), new Rebalance());
    }

    /**
     * What has arrived: as soon as there is anything, or nothing after {@code idle}. Then, where {@code linger} is not
     * zero, waits on for more until there are {@code max} records or the linger has passed.
     *
     * @return at most {@code max} records plus one poll's, where the consumer's {@code max.poll.records} is {@code max};
     *     valid until the next call
     */
    public List<ConsumerRecord<byte[], ByteBuffer>> poll(Duration idle, int max, Duration linger) {
        polled.clear();
        takeFrom(idle);
        if (!polled.isEmpty() && !linger.isZero()) {
            long deadline = System.nanoTime() + linger.toNanos();
            for (long left = linger.toNanos(); polled.size() < max && left > 0; left = deadline - System.nanoTime()) {
                takeFrom(Duration.ofNanos(left));
            }
        }
        return polled;
    }

    private void takeFrom(Duration wait) {
        for (ConsumerRecord<byte[], ByteBuffer> taken : consumer.poll(wait)) {
            ledger.take(partitionOf(taken), taken.offset());
            polled.add(taken);
        }
    }

    /** Notes that a record has its terminal record. */
    public void acknowledge(TopicPartition partition, long offset) {
        ledger.acknowledge(partition, offset);
    }

    /** Commits what may be committed, at most every 200 ms, without waiting for the broker. */
    public void commitIfDue() {
        long now = System.nanoTime();
        if (now - lastCommitNanos < COMMIT_INTERVAL_NANOS) {
            return;
        }
        lastCommitNanos = now;
        Map<TopicPartition, OffsetAndMetadata> positions = ledger.committable();
        if (!positions.isEmpty()) {
            // The callback runs inside a later poll, on this thread.
            consumer.commitAsync(positions, (committed, failure) -> {
                if (failure == null) {
                    ledger.committed(committed);
                } else {
                    log.debug("commit will be repeated: {}", failure.toString());
                }
            });
        }
    }

    /** Commits what may be committed and waits for the broker. */
    public void commitNow() {
        Map<TopicPartition, OffsetAndMetadata> positions = ledger.committable();
        if (positions.isEmpty()) {
            return;
        }
        try {
            consumer.commitSync(positions, COMMIT_PATIENCE);
            ledger.committed(positions);
        } catch (CommitFailedException | RebalanceInProgressException e) {
            // Another member owns the partitions by now and answers these requests again.
            log.warn("commit refused, some requests will be answered twice: {}", e.toString());
        }
    }

    /** Goes back to the first record of each partition that was taken and not settled. */
    public void rewind() {
        polled.clear();
        ledger.rewind().forEach((partition, offset) -> {
            // A partition that has gone meanwhile is its new owner's to read.
            if (consumer.assignment().contains(partition)) {
                consumer.seek(partition, offset);
            }
        });
    }

    /** Partitions this lane owns now, ascending. */
    public List<Integer> partitions() {
        return assigned.stream().map(TopicPartition::partition).sorted().toList();
    }

    /** How many taken records still wait for their terminal record. */
    public int outstanding() {
        return ledger.outstanding();
    }

    /** Leaves the group. Commit first: nothing is committed here. */
    @Override
    public void close() {
        consumer.close(CloseOptions.timeout(CLOSE_PATIENCE));
    }

    private static TopicPartition partitionOf(ConsumerRecord<?, ?> taken) {
        return new TopicPartition(taken.topic(), taken.partition());
    }

    /** Called by the consumer inside poll and close, on the lane thread, between two batches. */
    private final class Rebalance implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            assigned.addAll(partitions);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            // What is polled but not yet batched goes to the next owner; what is published is settled and committed.
            try {
                settler.settle();
                commitNow();
            } catch (KafkaException e) {
                log.warn("partitions given up without a commit, requests will be answered twice: {}", e.toString());
            } finally {
                onPartitionsLost(partitions);
            }
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            polled.removeIf(taken -> partitions.contains(partitionOf(taken)));
            assigned.removeAll(partitions);
            ledger.forget(partitions);
        }
    }
}
