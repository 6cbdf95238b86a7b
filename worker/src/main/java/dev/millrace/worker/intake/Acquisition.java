package dev.millrace.worker.intake;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What one poll of a share group has brought and is not handed out yet, and for how long it is this lane's (KIP-932). Pure;
 * lane thread only.
 *
 * <p>A record that is delivered again may have ended the lane that had it, so it is handed out alone, after all that are
 * delivered for the first time. Who is alone at a crash cannot be told from counts, for the broker counts a delivery for
 * every record that the dead lane held. So they are tried upwards at one delivery and downwards at the next: of records that
 * came together, after two such crashes only the ones that end lanes are left, and those between two of them.
 *
 * @param <V> of the records' values
 */
final class Acquisition<V> {
    private static final Comparator<ConsumerRecord<?, ?>> BY_DELIVERIES = Comparator.<ConsumerRecord<?, ?>>comparingInt(
                    Acquisition::deliveries)
            .thenComparingLong(Acquisition::rank);

    private final Deque<ConsumerRecord<byte[], V>> fresh = new ArrayDeque<>();
    private final Deque<ConsumerRecord<byte[], V>> again = new ArrayDeque<>();
    private final Set<Position> company = new HashSet<>();
    private final long since;
    private final long lockNanos;

    /** Where a record lies. */
    record Position(int partition, long offset) {
        static Position of(ConsumerRecord<?, ?> record) {
            return new Position(record.partition(), record.offset());
        }
    }

    /**
     * Sorts what was polled.
     *
     * @param since when it was polled, of {@link System#nanoTime}
     * @param lock how long the broker keeps it for this lane from then on
     * @param renewedCompany {@link #company} of the acquisition that was renewed, if this is one
     */
    Acquisition(Iterable<ConsumerRecord<byte[], V>> polled, long since, Duration lock, Set<Position> renewedCompany) {
        List<ConsumerRecord<byte[], V>> repeated = new ArrayList<>();
        Map<Integer, List<Position>> byCount = new HashMap<>();
        for (ConsumerRecord<byte[], V> record : polled) {
            int count = deliveries(record);
            if (count > 1) {
                repeated.add(record);
                byCount.computeIfAbsent(count, c -> new ArrayList<>()).add(Position.of(record));
            } else {
                fresh.add(record);
            }
        }
        repeated.sort(BY_DELIVERIES);
        again.addAll(repeated);
        byCount.values().stream().filter(alike -> alike.size() > 1).forEach(company::addAll);
        company.addAll(renewedCompany);
        this.since = since;
        this.lockNanos = lock.toNanos();
    }

    static int deliveries(ConsumerRecord<?, ?> record) {
        return record.deliveryCount().orElse((short) 1);
    }

    private static long rank(ConsumerRecord<?, ?> record) {
        return deliveries(record) % 2 == 0 ? record.offset() : -record.offset();
    }

    int size() {
        return fresh.size() + again.size();
    }

    boolean isEmpty() {
        return fresh.isEmpty() && again.isEmpty();
    }

    /** Whether the next record must be tried alone. */
    boolean nextIsSuspect() {
        return fresh.isEmpty() && !again.isEmpty();
    }

    /** Whether a third of the lock's time has passed. */
    boolean renewalDue(long now) {
        return now - since >= lockNanos / 3;
    }

    /** Whether the records may be another lane's by now. */
    boolean expired(long now) {
        return now - since >= lockNanos;
    }

    /**
     * Hands out a suspect, alone, or as many others as a third of the lock's time is enough for, at least one.
     *
     * @param paceNanos what one record takes until it is acknowledged; empty while nobody knows: then one finds out
     */
    List<ConsumerRecord<byte[], V>> next(Optional<Long> paceNanos) {
        if (nextIsSuspect()) {
            return List.of(again.remove());
        }
        long fits = paceNanos.map(pace -> lockNanos / 3 / Math.max(1, pace)).orElse(1L);
        List<ConsumerRecord<byte[], V>> handed = new ArrayList<>();
        while (!fresh.isEmpty() && handed.size() < Math.max(1, fits)) {
            handed.add(fresh.remove());
        }
        return handed;
    }

    /** Takes records back that were handed out and are not settled: they are next. */
    void putBack(List<ConsumerRecord<byte[], V>> handed) {
        for (int i = handed.size() - 1; i >= 0; i--) {
            ConsumerRecord<byte[], V> record = handed.get(i);
            (deliveries(record) > 1 ? again : fresh).addFirst(record);
        }
    }

    /** Everything that is not handed out; empty afterwards. */
    List<ConsumerRecord<byte[], V>> takeAll() {
        List<ConsumerRecord<byte[], V>> all = new ArrayList<>(fresh);
        all.addAll(again);
        fresh.clear();
        again.clear();
        return all;
    }

    /** Whether other records came with it that had been delivered as often: then one of them may have ended the lane. */
    boolean inCompany(ConsumerRecord<?, ?> record) {
        return company.contains(Position.of(record));
    }

    /** Every record that came with others that had been delivered as often. */
    Set<Position> company() {
        return company;
    }
}
