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
        long markedUntil;
        private int slack = LEAST_SLACK;

        Entry(PartitionLedger offsets, Suspicion suspicion) {
            this.offsets = offsets;
            this.suspicion = suspicion;
            this.markedUntil = offsets.frontier();
        }

        OffsetAndMetadata at(CommitMark mark) {
            return new OffsetAndMetadata(offsets.position(), mark.text());
        }

        CommitMark working() {
            return suspicion.working(offsets.position(), offsets.frontier(), slack);
        }

        /** A mark that the lane had outrun before it was committed was too short, one that it has not half used too long. */
        void marked(long until) {
            long left = markedUntil - offsets.frontier();
            if (left < 0) {
                slack = Math.min(2 * slack, MOST_SLACK);
            } else if (left > slack / 2) {
                slack = Math.max(slack / 2, LEAST_SLACK);
            }
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

    /** Whether a lane has taken records beyond what its last committed mark covers. */
    boolean outrunsMark() {
        return entries.values().stream().anyMatch(entry -> entry.offsets.frontier() > entry.markedUntil);
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

    /** Notes positions as committed. A partition that has been forgotten meanwhile is ignored. */
    void committed(Map<TopicPartition, OffsetAndMetadata> positions) {
        positions.forEach((partition, position) -> {
            Entry entry = entries.get(partition);
            if (entry != null) {
                entry.offsets.committed(position.offset());
                if (CommitMark.parse(position.metadata()) instanceof CommitMark.Running running) {
                    entry.marked(running.until());
                } else if (CommitMark.parse(position.metadata()) instanceof CommitMark.Alone alone) {
                    entry.markedUntil = Math.max(entry.markedUntil, alone.until());
                }
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
