package dev.millrace.worker.publish;

import dev.millrace.schemas.wire.WireHeaders;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * Publishes what challengers would have answered, for all lanes of a worker. It never waits and fails nobody: what the broker does not
 * take is counted and forgotten. Any thread.
 */
public final class ShadowPublisher implements AutoCloseable {
    private static final byte[] AVRO = "application/avro".getBytes(StandardCharsets.UTF_8);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(2);

    private final Supplier<Producer<byte[], byte[]>> producers;
    private final String topic;
    private final Runnable dropped;
    private volatile @Nullable Producer<byte[], byte[]> producer;

    /**
     * Wires the publisher, which does nothing before {@link #open}.
     *
     * @param producers makes a producer whose send never blocks
     * @param dropped told of every result that is not published
     */
    public ShadowPublisher(Supplier<Producer<byte[], byte[]>> producers, String topic, Runnable dropped) {
        this.producers = producers;
        this.topic = topic;
        this.dropped = dropped;
    }

    /** Where they go. */
    public String topic() {
        return topic;
    }

    /** Makes the producer, unless it is there: only workers that see a shadow trial have one. */
    public synchronized void open() {
        if (producer == null) {
            producer = producers.get();
        }
    }

    /** Publishes a result under the key of its request. */
    @SuppressWarnings("FutureReturnValueIgnored") // The callback says the same.
    public void publish(ConsumerRecord<byte[], ByteBuffer> source, byte[] result) {
        Producer<byte[], byte[]> open = producer;
        if (open == null) {
            dropped.run();
            return;
        }
        Long time = source.timestamp() < 0 ? null : source.timestamp();
        ProducerRecord<byte[], byte[]> shadow = new ProducerRecord<>(topic, null, time, source.key(), result);
        shadow.headers().add(WireHeaders.CONTENT_TYPE, AVRO);
        try {
            open.send(shadow, (metadata, problem) -> {
                if (problem != null) {
                    dropped.run();
                }
            });
        } catch (KafkaException | IllegalStateException e) {
            dropped.run();
        }
    }

    @Override
    public synchronized void close() {
        if (producer != null) {
            producer.close(CLOSE_PATIENCE);
        }
    }
}
