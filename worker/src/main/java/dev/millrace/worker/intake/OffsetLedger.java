package dev.millrace.worker.intake;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Which offsets may be committed: per partition, only the contiguous prefix of taken records whose terminal records are
 * acknowledged. Pure bookkeeping without I/O; lane thread only.
 */
final class OffsetLedger {
    private final Map<TopicPartition, PartitionLedger> partitions = new HashMap<>();

    /** Notes a record as taken. Offsets of one partition come in ascending order; gaps are normal. */
    void take(TopicPartition partition, long offset) {
        partitions.computeIfAbsent(partition, p -> new PartitionLedger()).take(offset);
    }

    /** Notes that a taken record has its terminal record. Unknown records, and repeated notes, change nothing. */
    void acknowledge(TopicPartition partition, long offset) {
        PartitionLedger ledger = partitions.get(partition);
        if (ledger != null) {
            ledger.acknowledge(offset);
        }
    }

    /** The positions to commit that have moved since {@link #committed} was last told. */
    Map<TopicPartition, OffsetAndMetadata> committable() {
        Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
        partitions.forEach((partition, ledger) -> {
            if (ledger.position() > ledger.committedPosition()) {
                positions.put(partition, new OffsetAndMetadata(ledger.position()));
            }
        });
        return positions;
    }

    /** Notes positions as committed. A partition that has been forgotten meanwhile is ignored. */
    void committed(Map<TopicPartition, OffsetAndMetadata> positions) {
        positions.forEach((partition, position) -> {
            PartitionLedger ledger = partitions.get(partition);
            if (ledger != null) {
                ledger.committed(position.offset());
            }
        });
    }

    /** Drops the records that are taken and not settled, and says from which offset each partition must be read again. */
    Map<TopicPartition, Long> rewind() {
        Map<TopicPartition, Long> from = new HashMap<>();
        partitions.forEach((partition, ledger) -> {
            OptionalLong first = ledger.rewind();
            if (first.isPresent()) {
                from.put(partition, first.getAsLong());
            }
        });
        return from;
    }

    /** Drops everything known of these partitions: they are another member's now, or will be read again. */
    void forget(Iterable<TopicPartition> gone) {
        gone.forEach(partitions::remove);
    }

    /** How many taken records still wait for their terminal record. */
    int outstanding() {
        return partitions.values().stream()
                .mapToInt(PartitionLedger::outstanding)
                .sum();
    }
}
