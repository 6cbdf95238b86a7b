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
    private final OffsetLedger ledger = new OffsetLedger();
    private final List<ConsumerRecord<byte[], ByteBuffer>> polled = new ArrayList<>();
    private final Set<TopicPartition> assigned = new HashSet<>();
    private Runnable beforeGivingUp = () -> {};
    private boolean paused;
    private long lastCommitNanos = System.nanoTime();

    /**
     * Wires the intake; nothing is read before {@link #join}.
     *
     * @param consumer owned from here on: closed by {@link #close}
     * @param topic the requests topic
     */
    public GroupIntake(Consumer<byte[], ByteBuffer> consumer, String topic) {
        this.consumer = consumer;
        this.topic = topic;
    }

    /**
     * Joins the group.
     *
     * @param beforeGivingUp answers, settles and commits what it can of everything taken; called inside {@link #take}
     *     and {@link #close} when partitions must go to another member
     */
    public void join(Runnable beforeGivingUp) {
        this.beforeGivingUp = beforeGivingUp;
        consumer.subscribe(List.of(topic), new Rebalance());
    }

    /**
     * What has arrived: as soon as there is anything, or nothing after {@code wait}.
     *
     * @return at most the consumer's {@code max.poll.records}; valid until the next call
     */
    public List<ConsumerRecord<byte[], ByteBuffer>> take(Duration wait) {
        polled.clear();
        for (ConsumerRecord<byte[], ByteBuffer> taken : consumer.poll(wait)) {
            ledger.take(partitionOf(taken), taken.offset());
            polled.add(taken);
        }
        return polled;
    }

    /** Takes nothing more until {@link #resume}; goes on polling, and so stays in the group. */
    public void pause() {
        if (!paused) {
            paused = true;
            consumer.pause(consumer.assignment());
        }
    }

    /** Takes again. */
    public void resume() {
        if (paused) {
            paused = false;
            consumer.resume(consumer.paused());
        }
    }

    /** Whether it takes nothing. */
    public boolean paused() {
        return paused;
    }

    /** Notes that a record has its terminal record. */
    public void acknowledge(TopicPartition partition, long offset) {
        ledger.acknowledge(partition, offset);
    }

    /** Whether there is something to commit and 200 ms have passed since the last time. */
    public boolean commitDue() {
        return System.nanoTime() - lastCommitNanos >= COMMIT_INTERVAL_NANOS
                && !ledger.committable().isEmpty();
    }

    /** Commits what may be committed, without waiting for the broker. */
    public void commitSoon() {
        lastCommitNanos = System.nanoTime();
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
            if (paused) {
                consumer.pause(partitions);
            }
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            try {
                beforeGivingUp.run();
            } catch (KafkaException e) {
                log.warn("partitions given up without a commit, requests will be answered twice: {}", e.toString());
            } finally {
                onPartitionsLost(partitions);
            }
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            assigned.removeAll(partitions);
            ledger.forget(partitions);
        }
    }
}
