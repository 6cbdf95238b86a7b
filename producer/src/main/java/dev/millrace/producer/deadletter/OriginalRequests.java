package dev.millrace.producer.deadletter;

import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.KafkaProperties;
import dev.millrace.schemas.wire.WireHeaders;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * The request of a letter: from the letter, or from the requests topic where the letter came without it. Reads no other
 * topic, whatever a letter's headers say. Belongs to one thread.
 */
public final class OriginalRequests implements AutoCloseable {
    /** A request as it was, or why it cannot be had. */
    public sealed interface Lookup {}

    /** The request as it was. */
    public static final class Found implements Lookup {
        private final byte @Nullable [] key;
        private final byte[] payload;
        private final Headers headers;

        Found(byte @Nullable [] key, byte[] payload, Headers headers) {
            this.key = key;
            this.payload = payload;
            this.headers = headers;
        }

        byte @Nullable [] key() {
            return key;
        }

        /** Its bytes. */
        public byte[] payload() {
            return payload;
        }

        Headers headers() {
            return headers;
        }
    }

    /**
     * The request cannot be had.
     *
     * @param why one line for people
     */
    public record Gone(String why) implements Lookup {}

    private static final Duration POLL = Duration.ofMillis(200);

    private final Consumer<byte[], byte[]> consumer;
    private final String requests;
    private final Duration patience;

    /** Reads from where {@code config} says. */
    public OriginalRequests(ClientConfig config) {
        requests = config.topics().requests();
        patience = config.timeout();
        Map<String, Object> properties = new HashMap<>(new KafkaProperties(config).consumer());
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, "1");
        consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /**
     * The request of {@code letter}.
     *
     * @throws org.apache.kafka.common.KafkaException when Kafka does not answer in time, or refuses
     */
    public Lookup of(DeadLetter letter) {
        byte[] payload = letter.payload();
        if (payload != null) {
            return new Found(letter.key(), payload, letter.headers());
        }
        DeadLetter.Source source = letter.source();
        if (source == null) {
            return new Gone("source: unknown (expected: in the letter's headers, as its payload was left out)");
        }
        if (!source.topic().equals(requests)) {
            return new Gone("source: " + source.topic() + " (expected: " + requests + ")");
        }
        ConsumerRecord<byte[], byte[]> original = read(source.position());
        if (original == null) {
            return new Gone("payload: left out, and no longer at " + source + " (expected: within its retention)");
        }
        byte[] value = original.value();
        if (value == null) {
            return new Gone("payload: none (expected: an ImageRequest; the request itself is empty)");
        }
        if (!matches(letter, original, value)) {
            return new Gone("payload: left out, and another request is at " + source + " (expected: the letter's)");
        }
        return new Found(original.key(), value, original.headers());
    }

    /** Partitions of the requests topic. */
    int partitions() {
        return consumer.partitionsFor(requests, patience).size();
    }

    private @Nullable ConsumerRecord<byte[], byte[]> read(Position position) {
        TopicPartition partition = new TopicPartition(requests, position.partition());
        if (position.partition() >= partitions()) {
            return null;
        }
        List<TopicPartition> only = List.of(partition);
        consumer.assign(only);
        long begin = consumer.beginningOffsets(only, patience).getOrDefault(partition, 0L);
        long end = consumer.endOffsets(only, patience).getOrDefault(partition, 0L);
        if (position.offset() < begin || position.offset() >= end) {
            return null;
        }
        consumer.seek(partition, position.offset());
        long giveUp = System.nanoTime() + patience.toNanos();
        while (consumer.position(partition, patience) <= position.offset() && System.nanoTime() < giveUp) {
            for (ConsumerRecord<byte[], byte[]> first : consumer.poll(POLL)) {
                return first.offset() == position.offset() ? first : null;
            }
        }
        return null;
    }

    /** A topic that was deleted and created again holds other requests at the same offsets. */
    private static boolean matches(DeadLetter letter, ConsumerRecord<byte[], byte[]> original, byte[] value) {
        byte[] key = letter.key();
        boolean sameKey = key == null || Arrays.equals(key, original.key());
        if (letter.text(WireHeaders.PAYLOAD_OMITTED) == null) {
            return sameKey;
        }
        boolean sameTime = !letter.keepsTime() || letter.time().toEpochMilli() == original.timestamp();
        return sameKey && sameTime && letter.payloadBytes() == value.length;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
