package dev.millrace.producer;

import dev.millrace.schemas.topic.BrokerProbe;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Turns a wrong address or an absent topic into an error at once, before a Kafka client would retry for long. */
public final class RequiredTopics {
    /** A broker may learn of a topic that was just created a moment after the one that created it. */
    static final Duration SETTLING = Duration.ofSeconds(2);

    private static final long PAUSE_MILLIS = 50;

    private RequiredTopics() {}

    /**
     * Returns when a broker has answered and knows every one of {@code topics}.
     *
     * @throws BrokerUnreachableException when no broker answers within {@link BrokerProbe#PATIENCE}
     * @throws MissingTopicException when one of the topics is not there
     */
    public static void check(ClientConfig config, List<String> topics)
            throws BrokerUnreachableException, InterruptedException {
        Map<String, Object> properties = new KafkaProperties(config).admin();
        BrokerProbe.requireBroker(properties);
        long giveUp = System.nanoTime() + SETTLING.toNanos();
        try (Admin admin = Admin.create(properties)) {
            for (String topic : topics) {
                while (!exists(admin, topic)) {
                    if (System.nanoTime() - giveUp > 0) {
                        throw new MissingTopicException(topic, config);
                    }
                    Thread.sleep(PAUSE_MILLIS);
                }
            }
        }
    }

    private static boolean exists(Admin admin, String topic) throws InterruptedException {
        KafkaFuture<?> description = admin.describeTopics(List.of(topic)).allTopicNames();
        try {
            description.get();
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return false;
            }
            throw new KafkaException("topic " + topic + ": " + e.getMessage(), e);
        }
    }
}
