package dev.millrace.worker.intake;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Which offsets may be committed, and with which mark: per partition, only the contiguous prefix of taken records whose
 * terminal records are acknowledged. Pure bookkeeping without I/O; lane thread only.
 */
public final class OffsetLedger {
    /**
     * How far ahead of its last taken record a lane marks, at first and at most. Each further mark costs a commit; but all
     * records that a mark covers are tried one at a time after a crash.
     */
    private static final int LEAST_SLACK = 64;

    private static final int MOST_SLACK = 256;

    private final Map<TopicPartition, Entry> entries = new HashMap<>();

    /** What is known of one partition, and how far the last committed mark covers what is taken. */
    private static final class Entry {
        final PartitionLedger offsets;
        final Suspicion suspicion;
        /** As far as a mark is committed, and as far as one is on its way. */
        long markedUntil;

        long sentUntil;
        private int slack = LEAST_SLACK;

        Entry(PartitionLedger offsets, Suspicion suspicion) {
            this.offsets = offsets;
            this.suspicion = suspicion;
            this.markedUntil = offsets.frontier();
            this.sentUntil = markedUntil;
        }

        OffsetAndMetadata at(CommitMark mark) {
            return new OffsetAndMetadata(offsets.position(), mark.text());
        }

        CommitMark working() {
            return suspicion.working(offsets.position(), offsets.frontier(), slack);
        }

        /** The mark before this one was too short if the lane has outrun it, and too long if it has not half used it. */
        void sent(long until) {
            if (until > sentUntil) {
                long left = sentUntil - offsets.frontier();
                if (left < 0) {
                    slack = Math.min(2 * slack, MOST_SLACK);
                } else if (left > slack / 2) {
                    slack = Math.max(slack / 2, LEAST_SLACK);
                }
                sentUntil = until;
            }
        }

        void marked(long until) {
            sent(until);
            markedUntil = Math.max(markedUntil, until);
        }
    }

    /** Whether the partition has been met. */
    boolean knows(TopicPartition partition) {
        return entries.containsKey(partition);
    }

    /**
     * Begins with a partition.
     *
     * @param first offset of the first record
     * @param committed what was found committed; null where nothing was
     * @return what to commit before a record of it is touched
     */
    public OffsetAndMetadata meet(TopicPartition partition, long first, @Nullable OffsetAndMetadata committed) {
        Suspicion suspicion = committed == null
                ? Suspicion.of(CommitMark.CLEAN, first)
                : Suspicion.of(CommitMark.parse(committed.metadata()), committed.offset());
        Entry entry = new Entry(new PartitionLedger(first), suspicion);
        entries.put(partition, entry);
        return entry.at(entry.working());
    }

    /** Notes a record as taken. Offsets of one partition come in ascending order; gaps are normal. */
    public void take(TopicPartition partition, long offset) {
        entry(partition).offsets.take(offset);
    }

    /** Whether the record must be tried alone. */
    boolean suspects(TopicPartition partition, long offset) {
        return entry(partition).suspicion.covers(offset);
    }

    /** How many times the record was alone in flight when its lane ended. */
    int crashes(TopicPartition partition, long offset) {
        return entry(partition).suspicion.crashes(offset);
    }

    /** What to commit before the record is tried alone; everything before it must be settled. */
    OffsetAndMetadata trying(TopicPartition partition, long offset) {
        return new OffsetAndMetadata(
                offset, entry(partition).suspicion.trying(offset).text());
    }

    private Entry entry(TopicPartition partition) {
        Entry entry = entries.get(partition);
        if (entry == null) {
            throw new IllegalStateException(partition + " has not been met (expected: meet() first)");
        }
        return entry;
    }

    /** Notes that a taken record has its terminal record. Unknown records, and repeated notes, change nothing. */
    public void acknowledge(TopicPartition partition, long offset) {
        Entry entry = entries.get(partition);
        if (entry != null) {
            entry.offsets.acknowledge(offset);
        }
    }

    /** The offset below which everything of the partition is settled; 0 where it has not been met. */
    public long position(TopicPartition partition) {
        Entry entry = entries.get(partition);
        return entry == null ? 0 : entry.offsets.position();
    }

    /** Whether a lane has taken records beyond what its last mark covers, be that committed or on its way. */
    boolean outrunsMark() {
        return entries.values().stream().anyMatch(entry -> entry.offsets.frontier() > entry.sentUntil);
    }

    /** What to commit now: the positions that have moved since {@link #committed} was last told. */
    Map<TopicPartition, OffsetAndMetadata> committable() {
        Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
        entries.forEach((partition, entry) -> {
            PartitionLedger offsets = entry.offsets;
            if (offsets.position() > offsets.committedPosition() || offsets.frontier() > entry.markedUntil) {
                positions.put(partition, entry.at(entry.working()));
            }
        });
        return positions;
    }

    /** What to commit for partitions that are given up in order. */
    Map<TopicPartition, OffsetAndMetadata> closing(Collection<TopicPartition> givenUp) {
        Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
        for (TopicPartition partition : givenUp) {
            Entry entry = entries.get(partition);
            if (entry != null) {
                positions.put(partition, entry.at(entry.suspicion.givenUp(entry.offsets.position())));
            }
        }
        return positions;
    }

    /** Notes positions as on their way to the broker. */
    void sent(Map<TopicPartition, OffsetAndMetadata> positions) {
        positions.forEach((partition, position) -> {
            Entry entry = entries.get(partition);
            if (entry != null) {
                entry.sent(until(position));
            }
        });
    }

    /** Notes that they have not arrived. */
    void notCommitted(Map<TopicPartition, OffsetAndMetadata> positions) {
        for (TopicPartition partition : positions.keySet()) {
            Entry entry = entries.get(partition);
            if (entry != null) {
                entry.sentUntil = entry.markedUntil;
            }
        }
    }

    private static long until(OffsetAndMetadata position) {
        CommitMark mark = CommitMark.parse(position.metadata());
        if (mark instanceof CommitMark.Running running) {
            return running.until();
        }
        return mark instanceof CommitMark.Alone alone ? alone.until() : 0;
    }

    /** Notes positions as committed. A partition that has been forgotten meanwhile is ignored. */
    void committed(Map<TopicPartition, OffsetAndMetadata> positions) {
        positions.forEach((partition, position) -> {
            Entry entry = entries.get(partition);
            if (entry != null) {
                entry.offsets.committed(position.offset());
                entry.marked(until(position));
            }
        });
    }

    /** Drops the records that are taken and not settled, and says from which offset each partition must be read again. */
    Map<TopicPartition, Long> rewind() {
        Map<TopicPartition, Long> from = new HashMap<>();
        entries.forEach((partition, entry) -> {
            OptionalLong first = entry.offsets.rewind();
            if (first.isPresent()) {
                from.put(partition, first.getAsLong());
            }
        });
        return from;
    }

    /** The partitions that have been met. */
    Set<TopicPartition> met() {
        return Set.copyOf(entries.keySet());
    }

    /** Begins again at {@code offset}, which is committed, whatever has been taken since. */
    void restart(TopicPartition partition, long offset) {
        entry(partition).offsets.restart(offset);
    }

    /** Drops everything known of these partitions: they are another member's now, or will be read again. */
    void forget(Iterable<TopicPartition> gone) {
        gone.forEach(entries::remove);
    }

    /** How many taken records still wait for their terminal record. */
    int outstanding() {
        int sum = 0;
        for (Entry entry : entries.values()) {
            sum += entry.offsets.outstanding();
        }
        return sum;
    }
}
