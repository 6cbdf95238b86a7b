package dev.millrace.producer;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigException;

/**
 * Properties of the Kafka clients. What the caller passes through replaces a default; a property that Kafka knows only
 * for another kind of client is left out, one that it knows for none (a plug-in's) reaches all.
 */
public final class KafkaProperties {
    private static final int LINGER_MILLIS = 5;
    private static final int BATCH_BYTES = 128 * 1024;
    private static final int LONGEST_REQUEST_MILLIS = 30_000;

    private final ClientConfig config;

    /** The properties that {@code config} means. */
    public KafkaProperties(ClientConfig config) {
        this.config = config;
    }

    /**
     * No loss and no duplicate by retry (acks=all, idempotence: KIP-98). Batches are large because images are: of
     * the default 16 KiB a handful would fill one. lz4, as raw pixels often compress and it costs little where not.
     */
    public Map<String, Object> producer() {
        Map<String, Object> properties = new HashMap<>();
        int timeout = Math.toIntExact(config.timeout().toMillis());
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
        properties.put(ProducerConfig.LINGER_MS_CONFIG, Integer.toString(LINGER_MILLIS));
        properties.put(ProducerConfig.BATCH_SIZE_CONFIG, Integer.toString(BATCH_BYTES));
        properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Integer.toString(timeout));
        properties.put(
                ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Integer.toString(Math.min(timeout, LONGEST_REQUEST_MILLIS)));
        properties = complete(properties, ProducerConfig.configNames());
        // Kafka refuses a delivery timeout below linger.ms + request.timeout.ms, whoever set those.
        long least = millis(properties, ProducerConfig.LINGER_MS_CONFIG)
                + millis(properties, ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG);
        properties.putIfAbsent(
                ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                Long.toString(Math.min(Integer.MAX_VALUE, Math.max(timeout, least))));
        return properties;
    }

    /** In no group, committing nothing, and seeing only what was committed. */
    public Map<String, Object> consumer() {
        Map<String, Object> properties = new HashMap<>();
        // An exactly-once worker's aborted results were never given.
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        // Only met when retention overtakes the reader, or on a new partition: then the oldest there is, is next.
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
        properties.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, "10000");
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, "1000");
        return complete(properties, ConsumerConfig.configNames());
    }

    /** How old the consumer lets its knowledge of partitions become. */
    Duration consumerMetadataMaxAge() {
        return Duration.ofMillis(millis(consumer(), ConsumerConfig.METADATA_MAX_AGE_CONFIG));
    }

    Map<String, Object> admin() {
        return complete(new HashMap<>(), AdminClientConfig.configNames());
    }

    private Map<String, Object> complete(Map<String, Object> defaults, Set<String> known) {
        Map<String, Object> properties = new HashMap<>(defaults);
        config.kafka().forEach((key, value) -> {
            if (known.contains(key) || !knownToSome(key)) {
                properties.put(key, value);
            }
        });
        properties.put("bootstrap.servers", config.bootstrapServers());
        return properties;
    }

    private static long millis(Map<String, Object> properties, String key) {
        Object value = properties.get(key);
        try {
            return Long.parseLong(String.valueOf(value));
        } catch (NumberFormatException e) {
            throw new ConfigException(key, value, "expected: milliseconds");
        }
    }

    private static boolean knownToSome(String key) {
        return ProducerConfig.configNames().contains(key)
                || ConsumerConfig.configNames().contains(key)
                || AdminClientConfig.configNames().contains(key);
    }
}
