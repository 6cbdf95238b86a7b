package dev.millrace.bench.faults.history;

/** Where a record lies. */
public record Position(String topic, int partition, long offset) {
    /** The partition's name as Kafka writes it, {@code topic-partition}. */
    public String partitionName() {
        return topic + "-" + partition;
    }

    @Override
    public String toString() {
        return partitionName() + "@" + offset;
    }
}
