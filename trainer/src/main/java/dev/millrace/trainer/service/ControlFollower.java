package dev.millrace.trainer.service;

import dev.millrace.schemas.RolloutEvent;
import dev.millrace.schemas.registry.RegistryFold;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.trainer.retrain.RunStory;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the control topic as the only member of a role's group that may: the topic has one partition, so Kafka gives it to one of them, and
 * to another when that one leaves or falls silent for ten seconds. Who has lost it may not know yet; therefore every decision names what it
 * was made on, and is refused where that is no longer so. One thread at a time.
 */
final class ControlFollower implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ControlFollower.class);
    private static final int SILENCE_MILLIS = 10_000;
    private static final int HEARTBEAT_MILLIS = 3_000;

    /** A question for the end of the topic goes by the same connection as a fetch, and after it. */
    private static final int FETCH_WAIT_MILLIS = 100;

    private final KafkaConsumer<String, byte[]> consumer;
    private final TopicPartition partition;
    private final WireCodec<RolloutEvent> events = new WireCodec<>(RolloutEvent.class);
    private final Map<String, ModelStory> stories = new HashMap<>();
    private RegistryFold fold = new RegistryFold();
    private boolean leading;
    private boolean current;

    ControlFollower(Map<String, ?> client, Topics topics, String role) {
        Map<String, Object> properties = new HashMap<>();
        if (!"consumer".equals(client.get(ConsumerConfig.GROUP_PROTOCOL_CONFIG))) {
            properties.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, SILENCE_MILLIS);
            properties.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, HEARTBEAT_MILLIS);
            properties.put(
                    ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, CooperativeStickyAssignor.class.getName());
        }
        properties.putAll(client);
        properties.put(ConsumerConfig.GROUP_ID_CONFIG, topics.prefix() + "trainer." + role);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_WAIT_MILLIS);
        partition = new TopicPartition(topics.control(), 0);
        consumer = new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer());
        consumer.subscribe(List.of(topics.control()), new Membership());
    }

    private final class Membership implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
            if (assigned.contains(partition)) {
                consumer.seekToBeginning(List.of(partition));
                fold = new RegistryFold();
                stories.clear();
                leading = true;
                current = false;
            }
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
            if (revoked.contains(partition)) {
                leading = false;
                current = false;
            }
        }
    }

    /** Reads on, for at most {@code wait} where there is nothing. */
    void poll(Duration wait) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(wait)) {
            add(record);
        }
        if (leading && !current) {
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            current = consumer.position(partition) >= end;
        }
    }

    private void add(ConsumerRecord<String, byte[]> record) {
        try {
            if (ControlKey.parse(record.key()) instanceof ControlKey.Story story && record.value() != null) {
                stories.computeIfAbsent(story.name(), unused -> new ModelStory())
                        .add(events.decode(record.value()));
            } else {
                fold.add(record);
            }
        } catch (MalformedRecordException | IllegalArgumentException e) {
            log.debug("control record ignored offset={} error={}", record.offset(), e.getMessage());
        }
    }

    /** Whether this process is the one that acts. */
    boolean isLeading() {
        return leading;
    }

    /** Whether it has reached what was the end at some moment since {@link #looked}. */
    boolean isCurrent() {
        return leading && current;
    }

    /** What was read until now is used: from here on it is to read to a new end. */
    void looked() {
        current = false;
    }

    RegistryState state() {
        return fold.state();
    }

    /** What was decided about a model last, in order. */
    List<RolloutEvent> story(String model) {
        return stories.getOrDefault(model, new ModelStory()).last();
    }

    /** What was decided about a model's runs. */
    RunStory runs(String model) {
        return stories.getOrDefault(model, new ModelStory()).runs();
    }

    /** Leaves the group, so that another member need not wait. */
    @Override
    public void close() {
        consumer.close();
    }
}
