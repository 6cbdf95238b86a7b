package dev.millrace.producer;

import dev.millrace.schemas.topic.Topics;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * How an {@link ImageClient} reaches Kafka and how much it may have under way.
 *
 * @param bootstrapServers {@code host:port[,host:port...]}
 * @param topicPrefix put before every topic name, such as {@code millrace.}
 * @param maxInFlight most images under way at once: published and not acknowledged, or awaited and not answered;
 *     1 to 1,000,000
 * @param timeout longest wait for room in flight, for an acknowledgement, for an answer, each; 1 ms to 1 day
 * @param kafka further Kafka client properties, such as {@code security.protocol}; each reaches the clients that know it. Those of
 *     {@link dev.millrace.schemas.wire.WireTerms} say how requests are written, and by which schema registry results are read
 */
public record ClientConfig(
        String bootstrapServers, String topicPrefix, int maxInFlight, Duration timeout, Map<String, String> kafka) {
    private static final int DEFAULT_MAX_IN_FLIGHT = 1_000;
    private static final int LARGEST_MAX_IN_FLIGHT = 1_000_000;
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration LONGEST_TIMEOUT = Duration.ofDays(1);

    /** Properties whose value the client's own correctness depends on. */
    private static final Set<String> RESERVED = Set.of(
            "bootstrap.servers",
            "key.serializer",
            "value.serializer",
            "key.deserializer",
            "value.deserializer",
            "group.id",
            "enable.auto.commit",
            "transactional.id");

    /** Checks every value. */
    public ClientConfig {
        if (bootstrapServers.isBlank()) {
            throw new IllegalArgumentException("bootstrapServers: empty (expected: host:port[,host:port...])");
        }
        topicPrefix = new Topics(topicPrefix).prefix();
        if (maxInFlight < 1 || maxInFlight > LARGEST_MAX_IN_FLIGHT) {
            throw new IllegalArgumentException(
                    "maxInFlight: " + maxInFlight + " (expected: 1 to " + LARGEST_MAX_IN_FLIGHT + ")");
        }
        if (timeout.toMillis() < 1 || timeout.compareTo(LONGEST_TIMEOUT) > 0) {
            throw new IllegalArgumentException("timeout: " + timeout + " (expected: 1 ms to 1 day)");
        }
        kafka = Map.copyOf(kafka);
        for (String key : new TreeSet<>(kafka.keySet())) {
            if (RESERVED.contains(key)) {
                throw new IllegalArgumentException(
                        "kafka property: " + key + " (expected: none of " + new TreeSet<>(RESERVED) + ")");
            }
        }
    }

    /** The defaults: prefix {@code millrace.}, 1,000 in flight, 30 s, no further Kafka properties. */
    public static ClientConfig of(String bootstrapServers) {
        return new ClientConfig(
                bootstrapServers, Topics.DEFAULT_PREFIX, DEFAULT_MAX_IN_FLIGHT, DEFAULT_TIMEOUT, Map.of());
    }

    /** The topics under this prefix. */
    public Topics topics() {
        return new Topics(topicPrefix);
    }

    /** The same with another topic prefix. */
    public ClientConfig withTopicPrefix(String prefix) {
        return new ClientConfig(bootstrapServers, prefix, maxInFlight, timeout, kafka);
    }

    /** The same with another bound on what is under way. */
    public ClientConfig withMaxInFlight(int images) {
        return new ClientConfig(bootstrapServers, topicPrefix, images, timeout, kafka);
    }

    /** The same with another timeout. */
    public ClientConfig withTimeout(Duration limit) {
        return new ClientConfig(bootstrapServers, topicPrefix, maxInFlight, limit, kafka);
    }

    /** The same with these Kafka client properties and no others. */
    public ClientConfig withKafka(Map<String, String> properties) {
        return new ClientConfig(bootstrapServers, topicPrefix, maxInFlight, timeout, properties);
    }
}
