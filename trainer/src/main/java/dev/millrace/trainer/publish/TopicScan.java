package dev.millrace.trainer.publish;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads a topic of one partition from its beginning to its end, committed records only. */
final class TopicScan {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Map<String, ?> client;
    private final TopicPartition partition;

    TopicScan(Map<String, ?> client, String topic) {
        this.client = client;
        this.partition = new TopicPartition(topic, 0);
    }

    /** Told of each record. */
    interface Reader {
        void add(ConsumerRecord<String, byte[]> record) throws IOException;
    }

    /** Reads to where the end was when this was called. */
    void read(Reader reader) throws IOException {
        Map<String, Object> properties = new HashMap<>(client);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        // All that is read is there. A fetch that waited for more at the end would hold up close() for half a second.
        properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 0);
        try (KafkaConsumer<String, byte[]> consumer =
                new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    reader.add(record);
                }
                if (System.nanoTime() > deadline) {
                    throw new IOException("%s: read to offset %d in %d s (expected: to its end, %d)"
                            .formatted(partition, consumer.position(partition), PATIENCE.toSeconds(), end));
                }
            }
        }
    }
}
