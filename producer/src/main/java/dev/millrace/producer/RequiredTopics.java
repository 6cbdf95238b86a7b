package dev.millrace.producer;

import dev.millrace.schemas.topic.BrokerProbe;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Turns a wrong address or an absent topic into an error at once, before a Kafka client would retry for long. */
final class RequiredTopics {
    private RequiredTopics() {}

    static void check(ClientConfig config, List<String> topics)
            throws BrokerUnreachableException, InterruptedException {
        Map<String, Object> properties = new KafkaProperties(config).admin();
        BrokerProbe.requireBroker(properties);
        try (Admin admin = Admin.create(properties)) {
            Map<String, ? extends KafkaFuture<?>> found =
                    admin.describeTopics(topics).topicNameValues();
            for (String topic : topics) {
                requireFound(topic, found, config);
            }
        }
    }

    private static void requireFound(String topic, Map<String, ? extends KafkaFuture<?>> found, ClientConfig config)
            throws InterruptedException {
        KafkaFuture<?> description = found.get(topic);
        if (description == null) {
            throw new MissingTopicException(topic, config);
        }
        try {
            description.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                throw new MissingTopicException(topic, config);
            }
            throw new KafkaException("topic " + topic + ": " + e.getMessage(), e);
        }
    }
}
