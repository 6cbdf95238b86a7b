package dev.millrace.worker.intake;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * What a poll brought and no turn has taken yet. A poll costs a lane about the same for one record as for hundreds, and a
 * turn should be short: so one poll serves many turns. Not known to the ledger before it is taken. Lane thread only.
 */
final class Polled<V> {
    /** A lane that finds so many at once is so far behind that a few milliseconds more matter to none of them. */
    private static final int CROWD = 256;

    /** After this long without a poll the group's decisions have waited for the lane long enough. */
    private static final long STALE_NANOS = Duration.ofMillis(250).toNanos();

    private final Deque<ConsumerRecord<byte[], V>> waiting = new ArrayDeque<>();
    private int brought;
    private long polledAtNanos;

    /** A poll has come back; what it brought is {@linkplain #add added} after this. */
    void polled(long nowNanos) {
        polledAtNanos = nowNanos;
        if (waiting.isEmpty()) {
            brought = 0;
        }
    }

    void add(ConsumerRecord<byte[], V> record) {
        waiting.add(record);
        brought++;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** Whether more of a crowd is still to be taken. */
    boolean crowded() {
        return brought >= CROWD && !waiting.isEmpty();
    }

    /** Whether it is time to poll for the group's sake. */
    boolean stale(long nowNanos) {
        return nowNanos - polledAtNanos >= STALE_NANOS;
    }

    /** Gives out the next ones, at most so many. */
    void next(int most, Consumer<ConsumerRecord<byte[], V>> taker) {
        for (int i = 0; i < most && !waiting.isEmpty(); i++) {
            taker.accept(waiting.remove());
        }
    }

    /** Is empty again, and says from which offset each partition must be read again. */
    Map<TopicPartition, Long> putBack() {
        Map<TopicPartition, Long> from = new HashMap<>();
        waiting.forEach(
                record -> from.putIfAbsent(new TopicPartition(record.topic(), record.partition()), record.offset()));
        waiting.clear();
        return from;
    }

    /** How many of a partition are still to be taken. */
    long waiting(TopicPartition partition) {
        return waiting.stream()
                .filter(record -> record.partition() == partition.partition()
                        && record.topic().equals(partition.topic()))
                .count();
    }

    /** These partitions are another member's now. */
    void drop(Collection<TopicPartition> gone) {
        waiting.removeIf(record -> gone.contains(new TopicPartition(record.topic(), record.partition())));
    }
}
