package dev.millrace.worker.publish;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * What the broker found too large in transactions that had to be aborted for it, and how much of it is tried in the next
 * one. Written on the producer's thread, read on the lane's; as large as one transaction at most.
 */
public final class Oversized {
    private final Map<Key, Form> next = new ConcurrentHashMap<>();

    private record Key(TopicPartition partition, long offset, String destination) {}

    /** How much of a record is left after the broker found it too large; a record must never hold its partition up. */
    enum Form {
        WHOLE,
        WITHOUT_PAYLOAD,
        BARE
    }

    /** The form to try for what {@code source} brings to the topic {@code destination}. */
    Form formOf(ConsumerRecord<?, ?> source, String destination) {
        return next.getOrDefault(key(source, destination), Form.WHOLE);
    }

    void remember(ConsumerRecord<?, ?> source, String destination, Form form) {
        next.put(key(source, destination), form);
    }

    /** Forgets what lies before the committed positions. */
    public void committed(Map<TopicPartition, OffsetAndMetadata> positions) {
        next.keySet().removeIf(key -> {
            OffsetAndMetadata position = positions.get(key.partition());
            return position != null && key.offset() < position.offset();
        });
    }

    /** Forgets what is of none of these partitions. */
    public void keepOnly(Set<TopicPartition> partitions) {
        next.keySet().removeIf(key -> !partitions.contains(key.partition()));
    }

    private static Key key(ConsumerRecord<?, ?> source, String destination) {
        return new Key(new TopicPartition(source.topic(), source.partition()), source.offset(), destination);
    }
}
