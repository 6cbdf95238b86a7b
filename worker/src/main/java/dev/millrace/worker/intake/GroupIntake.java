package dev.millrace.worker.intake;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.UnreleasedInstanceIdException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lane's membership in the consumer group. Takes records, and commits only what its ledger allows, so that a crash at
 * any moment repeats work but loses none. Lane thread only.
 */
public final class GroupIntake implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GroupIntake.class);
    private static final long COMMIT_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long MARK_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long LAG_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final Duration COMMIT_PATIENCE = Duration.ofSeconds(5);
    private static final Duration QUARANTINE_POLL = Duration.ofMillis(5);
    private static final Duration DESTINATION_PATIENCE = Duration.ofSeconds(1);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

    private final Supplier<Consumer<byte[], ByteBuffer>> members;
    private final String topic;
    private final int most;
    private final OffsetLedger ledger = new OffsetLedger();
    private final Quarantine quarantine;
    private final List<ConsumerRecord<byte[], ByteBuffer>> handed = new ArrayList<>();
    private final Polled<ByteBuffer> polled = new Polled<>();

    /** Polled, and to be tried alone one after the other; nothing more is polled meanwhile. */
    private final Deque<ConsumerRecord<byte[], ByteBuffer>> suspects = new ArrayDeque<>();

    private final Set<TopicPartition> assigned = new HashSet<>();
    /** Their numbers, ascending: looked at after every turn. */
    private List<Integer> partitions = List.of();

    private Consumer<byte[], ByteBuffer> consumer;
    private Handover handover = givenUp -> {};

    /** Partitions that wait for a topic or a registry to be mended, or are being tried again. */
    private final Map<TopicPartition, Hold> held = new HashMap<>();

    /** Partitions of which a record was deferred since the last rewind. */
    private final Set<TopicPartition> deferred = new HashSet<>();

    private boolean trying;
    /** The turn has records already, with which a suspect must not share a session run. */
    private boolean inCompany;

    private boolean paused;
    private long lastCommitNanos = System.nanoTime();
    /** A commit without waiting has not been answered yet. */
    private boolean committing;

    private Map<Integer, Long> lags = Map.of();
    private long lagsAtNanos = System.nanoTime();

    /** What happens when partitions go to another member. */
    public interface Handover {
        /**
         * Answers, settles and commits what it can of everything taken. Called inside {@link #take} and {@link #close}.
         */
        void beforeGivingUp(Collection<TopicPartition> partitions);

        /** The group has decided what this lane reads; called inside {@link #take}, before the first record of it. */
        default void assigned() {}

        /** The partitions are another member's already: nothing of them may be settled any more. */
        default void lost(Collection<TopicPartition> partitions) {}
    }

    /**
     * Wires the intake; nothing is read before {@link #join}.
     *
     * @param members makes the consumer, which is closed by {@link #close}
     * @param topic the requests topic
     * @param most records that a {@link #take} gives out
     * @param quarantine shared by the lanes of the worker
     */
    public GroupIntake(Supplier<Consumer<byte[], ByteBuffer>> members, String topic, int most, Quarantine quarantine) {
        this.members = members;
        this.most = most;
        this.consumer = members.get();
        this.topic = topic;
        this.quarantine = quarantine;
    }

    /** Joins the group. */
    public void join(Handover handover) {
        this.handover = handover;
        consumer.subscribe(List.of(topic), new Rebalance());
    }

    /**
     * What has arrived: as soon as there is anything, or nothing after {@code wait}. A record that is suspected of
     * having ended a worker comes alone: it must be settled, and {@link #tried} called, before the next call.
     *
     * @return valid until the next call
     * @throws KafkaException when a mark that must precede these records could not be committed
     */
    public List<ConsumerRecord<byte[], ByteBuffer>> take(Duration wait) {
        handed.clear();
        tryHeld();
        if (paused || (polled.isEmpty() && suspects.isEmpty())) {
            poll(wait);
        } else if (polled.stale(System.nanoTime())) {
            stayInGroup(Duration.ZERO);
        }
        if (!paused) {
            polled.next(most, this::hand);
        }
        if (!inCompany && !suspects.isEmpty()) {
            tryNext();
        }
        return handed;
    }

    private void hand(ConsumerRecord<byte[], ByteBuffer> next) {
        inCompany = true;
        ledger.take(partitionOf(next), next.offset());
        handed.add(next);
    }

    private void poll(Duration wait) {
        ConsumerRecords<byte[], ByteBuffer> found;
        try {
            found = consumer.poll(wait);
        } catch (UnreleasedInstanceIdException e) {
            // The session of the process before this one has not ended yet; this consumer cannot try again (KIP-848).
            rejoin();
            throw e;
        }
        meet(found);
        polled.polled(System.nanoTime());
        Map<TopicPartition, Long> waiting = new HashMap<>();
        for (ConsumerRecord<byte[], ByteBuffer> next : found) {
            TopicPartition partition = partitionOf(next);
            if (ledger.suspects(partition, next.offset())) {
                ledger.take(partition, next.offset());
                suspects.add(next);
            } else if (hasSuspectOf(partition)) {
                // What follows a suspect is answered after it: it is read again then.
                waiting.putIfAbsent(partition, next.offset());
            } else {
                polled.add(next);
            }
        }
        waiting.forEach(consumer::seek);
    }

    private boolean hasSuspectOf(TopicPartition partition) {
        return suspects.stream().anyMatch(suspect -> partitionOf(suspect).equals(partition));
    }

    private void rejoin() {
        consumer.close(CloseOptions.timeout(Duration.ZERO));
        held.clear();
        consumer = members.get();
        committing = false;
        join(handover);
    }

    /** Reads what the last owner of a new partition left beside its offset, and marks it as worked on. */
    private void meet(ConsumerRecords<byte[], ByteBuffer> brought) {
        Set<TopicPartition> strange = new HashSet<>(brought.partitions());
        strange.removeIf(ledger::knows);
        if (strange.isEmpty()) {
            return;
        }
        Map<TopicPartition, OffsetAndMetadata> opening = new HashMap<>();
        try {
            Map<TopicPartition, OffsetAndMetadata> found = consumer.committed(strange, COMMIT_PATIENCE);
            for (TopicPartition partition : strange) {
                long first = brought.records(partition).get(0).offset();
                opening.put(partition, ledger.meet(partition, first, found.get(partition)));
            }
            consumer.commitSync(opening, COMMIT_PATIENCE);
            ledger.committed(opening);
        } catch (KafkaException e) {
            // Nothing of this poll has been touched: it is read again, and its partitions are met again.
            ledger.forget(strange);
            for (TopicPartition partition : brought.partitions()) {
                if (consumer.assignment().contains(partition)) {
                    consumer.seek(partition, brought.records(partition).get(0).offset());
                }
            }
            throw e;
        }
    }

    private void tryNext() {
        if (!quarantine.enter(this)) {
            stayInGroup(QUARANTINE_POLL);
            return;
        }
        ConsumerRecord<byte[], ByteBuffer> next = suspects.element();
        TopicPartition partition = partitionOf(next);
        Map<TopicPartition, OffsetAndMetadata> mark = Map.of(partition, ledger.trying(partition, next.offset()));
        consumer.commitSync(mark, COMMIT_PATIENCE);
        ledger.committed(mark);
        suspects.remove();
        trying = true;
        handed.add(withDeliveryCount(next, ledger.crashes(partition, next.offset()) + 1));
    }

    /** Takes nothing, but polls: it has enough, or another lane of this worker tries a suspect. */
    private void stayInGroup(Duration wait) {
        boolean before = paused;
        pause();
        try {
            ConsumerRecords<byte[], ByteBuffer> unasked = consumer.poll(wait);
            // None should come while everything is paused; one that did would be lost.
            unasked.partitions()
                    .forEach(partition -> consumer.seek(
                            partition, unasked.records(partition).get(0).offset()));
            polled.polled(System.nanoTime());
        } finally {
            if (!before) {
                resume();
            }
        }
    }

    /** Whether this lane is far behind, and has more in hand to give out. */
    public boolean crowded() {
        return polled.crowded();
    }

    private static ConsumerRecord<byte[], ByteBuffer> withDeliveryCount(
            ConsumerRecord<byte[], ByteBuffer> taken, int count) {
        return new ConsumerRecord<>(
                taken.topic(),
                taken.partition(),
                taken.offset(),
                taken.timestamp(),
                taken.timestampType(),
                taken.serializedKeySize(),
                taken.serializedValueSize(),
                taken.key(),
                taken.value(),
                taken.headers(),
                taken.leaderEpoch(),
                Optional.of((short) Math.min(count, Short.MAX_VALUE)));
    }

    /** Whether the record last taken is a suspect, and alone. */
    public boolean trying() {
        return trying;
    }

    /** The turn is over, and the suspect settled if there was one, or will be read again. */
    public void tried() {
        inCompany = false;
        trying = false;
        quarantine.leave(this);
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
            Set<TopicPartition> free = new HashSet<>(consumer.paused());
            held.forEach((partition, hold) -> {
                if (hold.waiting()) {
                    free.remove(partition);
                }
            });
            consumer.resume(free);
        }
    }

    /**
     * Takes nothing from the partition for a while, because what the record at {@code offset} brings to {@code destination}
     * could not be published; and not before that topic is there. The others go on.
     */
    public void hold(TopicPartition partition, long offset, String destination) {
        hold(partition, offset, () -> isThere(destination));
    }

    /**
     * Takes nothing from the partition of a record that cannot be judged now, and not before {@code ready}. The others go on. What was
     * taken after it waits, too: {@link #rewind} or {@link #restartFromCommitted} must follow this turn.
     */
    public void defer(ConsumerRecord<byte[], ByteBuffer> source, BooleanSupplier ready) {
        TopicPartition partition = partitionOf(source);
        deferred.add(partition);
        hold(partition, source.offset(), ready);
    }

    /** Whether a record of this partition was deferred in this turn. */
    public boolean waits(ConsumerRecord<byte[], ByteBuffer> source) {
        return !deferred.isEmpty() && deferred.contains(partitionOf(source));
    }

    /** Whether any record was deferred in this turn. */
    public boolean deferring() {
        return !deferred.isEmpty();
    }

    private void hold(TopicPartition partition, long offset, BooleanSupplier ready) {
        if (!assigned.contains(partition)) {
            return;
        }
        long now = System.nanoTime();
        Hold before = held.get(partition);
        if (before == null) {
            held.put(partition, new Hold(ready, offset, now));
        } else {
            before.again(ready, offset, now);
        }
        consumer.pause(Set.of(partition));
    }

    /** Whether partitions wait for a topic or a registry to be mended. */
    public boolean holding() {
        return !held.isEmpty();
    }

    private void tryHeld() {
        held.forEach((partition, hold) -> {
            if (!paused && hold.due(System.nanoTime())) {
                if (hold.ready()) {
                    hold.trying();
                    consumer.resume(Set.of(partition));
                } else {
                    hold.again(System.nanoTime());
                }
            }
        });
    }

    /** Asked first, because a producer would block the lane for {@code max.block.ms} to find out. */
    private boolean isThere(String topic) {
        try {
            List<PartitionInfo> found = consumer.partitionsFor(topic, DESTINATION_PATIENCE);
            return found != null && !found.isEmpty();
        } catch (KafkaException e) {
            log.debug("topic cannot be asked for topic={} error={}", topic, e.toString());
            return false;
        }
    }

    private void releaseHeld() {
        held.entrySet().removeIf(entry -> entry.getValue().over(ledger.position(entry.getKey())));
    }

    /** Whether it takes nothing. */
    public boolean paused() {
        return paused;
    }

    /** Notes that a record has its terminal record. */
    public void acknowledge(TopicPartition partition, long offset) {
        ledger.acknowledge(partition, offset);
        if (!held.isEmpty()) {
            releaseHeld();
        }
    }

    /**
     * Whether there is something to commit, and time for it. One at a time: a coordinator that falls behind would get more and more to
     * do, and heartbeats wait behind it.
     */
    public boolean commitDue() {
        if (committing) {
            return false;
        }
        long since = System.nanoTime() - lastCommitNanos;
        return (since >= COMMIT_INTERVAL_NANOS && !ledger.committable().isEmpty())
                || (since >= MARK_INTERVAL_NANOS && ledger.outrunsMark());
    }

    /** Commits what may be committed, without waiting for the broker. */
    public void commitSoon() {
        lastCommitNanos = System.nanoTime();
        Map<TopicPartition, OffsetAndMetadata> positions = ledger.committable();
        if (!positions.isEmpty()) {
            ledger.sent(positions);
            committing = true;
            // The callback runs inside a later poll, on this thread.
            consumer.commitAsync(positions, (committed, failure) -> {
                committing = false;
                if (failure == null) {
                    ledger.committed(committed);
                } else {
                    ledger.notCommitted(positions);
                    log.debug("commit will be repeated: {}", failure.toString());
                }
            });
        }
    }

    /**
     * Commits what may be committed and waits for the broker.
     *
     * @param givenUp partitions that this lane leaves in order
     */
    public void commitNow(Collection<TopicPartition> givenUp) {
        lastCommitNanos = System.nanoTime();
        Map<TopicPartition, OffsetAndMetadata> positions = committable(givenUp);
        if (positions.isEmpty()) {
            return;
        }
        try {
            consumer.commitSync(positions, COMMIT_PATIENCE);
            committed(positions);
        } catch (CommitFailedException | RebalanceInProgressException e) {
            log.atWarn()
                    .addKeyValue("error", e)
                    .log("commit refused: another member has these partitions, and answers what is not committed");
        }
    }

    /**
     * What may be committed now, with the mark that belongs beside it.
     *
     * @param givenUp partitions that this lane leaves in order
     */
    public Map<TopicPartition, OffsetAndMetadata> committable(Collection<TopicPartition> givenUp) {
        Map<TopicPartition, OffsetAndMetadata> positions = ledger.committable();
        positions.putAll(ledger.closing(givenUp));
        return positions;
    }

    /** Notes that {@link #committable} has been committed. */
    public void committed(Map<TopicPartition, OffsetAndMetadata> positions) {
        ledger.committed(positions);
    }

    /** Goes back to the first record of each partition that is not settled. */
    public void rewind() {
        tried();
        suspects.clear();
        deferred.clear();
        Map<TopicPartition, Long> from = polled.putBack();
        from.putAll(ledger.rewind());
        from.forEach((partition, offset) -> {
            // A partition that has gone meanwhile is its new owner's to read.
            if (consumer.assignment().contains(partition)) {
                consumer.seek(partition, offset);
            }
        });
    }

    /**
     * Goes back to what is committed, after a transaction that was aborted or whose end is not known.
     *
     * @throws KafkaException when the broker cannot say what is committed
     */
    public void restartFromCommitted() {
        tried();
        suspects.clear();
        deferred.clear();
        polled.putBack();
        Set<TopicPartition> met = ledger.met();
        if (met.isEmpty()) {
            return;
        }
        consumer.committed(met, COMMIT_PATIENCE).forEach((partition, committed) -> {
            if (committed != null && consumer.assignment().contains(partition)) {
                ledger.restart(partition, committed.offset());
                consumer.seek(partition, committed.offset());
            }
        });
    }

    /** What a transaction's offsets are fenced by (KIP-447). */
    public ConsumerGroupMetadata metadata() {
        return consumer.groupMetadata();
    }

    /** Partitions this lane owns now. */
    public Set<TopicPartition> assigned() {
        return Set.copyOf(assigned);
    }

    /** Their numbers, ascending. */
    public List<Integer> partitions() {
        return partitions;
    }

    /** How many records are behind {@code source} in its partition, as far as is known here; 0 where it is not. */
    public long behind(ConsumerRecord<byte[], ByteBuffer> source) {
        TopicPartition partition = partitionOf(source);
        OptionalLong lag = lag(partition);
        return lag.isPresent() ? consumer.position(partition) + lag.getAsLong() - source.offset() - 1 : 0;
    }

    /** Records that each of them is behind the last one readable, by partition; absent where not known yet. */
    public Map<Integer, Long> lags() {
        long now = System.nanoTime();
        if (now - lagsAtNanos >= LAG_INTERVAL_NANOS) {
            lagsAtNanos = now;
            Map<Integer, Long> fresh = new HashMap<>();
            for (TopicPartition partition : assigned) {
                lag(partition).ifPresent(lag -> fresh.put(partition.partition(), lag + polled.waiting(partition)));
            }
            lags = Map.copyOf(fresh);
        }
        return lags;
    }

    private OptionalLong lag(TopicPartition partition) {
        try {
            return consumer.currentLag(partition);
        } catch (KafkaException | IllegalStateException e) {
            // Only shown: a turn must not fail for it.
            log.debug("lag not known partition={} error={}", partition, e.toString());
            return OptionalLong.empty();
        }
    }

    /** How many taken records still wait for their terminal record. */
    public int outstanding() {
        return ledger.outstanding();
    }

    /** From here on partitions go without a commit, as in a crash. */
    public void abandon() {
        handover = givenUp -> {};
    }

    /** Leaves the group. Commit first: nothing is committed here. */
    @Override
    public void close() {
        tried();
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
            noteAssigned();
            handover.assigned();
            if (paused) {
                consumer.pause(partitions);
            }
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            try {
                handover.beforeGivingUp(partitions);
            } catch (KafkaException e) {
                log.atWarn()
                        .addKeyValue("error", e)
                        .log("partitions given up without a commit, requests will be answered twice");
            } finally {
                drop(partitions);
            }
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            handover.lost(partitions);
            drop(partitions);
        }

        private void noteAssigned() {
            GroupIntake.this.partitions =
                    assigned.stream().map(TopicPartition::partition).sorted().toList();
        }

        private void drop(Collection<TopicPartition> partitions) {
            assigned.removeAll(partitions);
            noteAssigned();
            held.keySet().removeAll(partitions);
            polled.drop(partitions);
            suspects.removeIf(taken -> partitions.contains(partitionOf(taken)));
            ledger.forget(partitions);
        }
    }
}
