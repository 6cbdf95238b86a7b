package dev.millrace.worker.publish;

import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * The partition of a result: that of its request, where both topics have the same number of partitions, so that whoever
 * chose it finds the answer there; else the key decides. Looked at once a second in the producer's metadata, which are as old as
 * {@code metadata.max.age.ms} at most. Lane thread only.
 */
final class ResultPartitions {
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Producer<?, ?> producer;
    private final String results;
    private boolean looked;
    private long lookedNanos;

    /** Partitions that both topics have; 0 where they differ. */
    private int common;

    ResultPartitions(Producer<?, ?> producer, String results) {
        this.producer = producer;
        this.results = results;
    }

    /**
     * The partition for the result of {@code source}; null: by its key.
     *
     * @throws KafkaException when the producer cannot learn of the results topic within {@code max.block.ms}: it could not
     *     send there, either
     */
    @Nullable
    Integer of(ConsumerRecord<?, ?> source) {
        if (!looked || System.nanoTime() - lookedNanos >= LOOK_NANOS) {
            common = 0;
            int answers = producer.partitionsFor(results).size();
            common = answers == producer.partitionsFor(source.topic()).size() ? answers : 0;
            looked = true;
            lookedNanos = System.nanoTime();
        }
        return source.partition() < common ? source.partition() : null;
    }
}
