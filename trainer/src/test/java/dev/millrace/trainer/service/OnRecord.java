package dev.millrace.trainer.service;

import dev.millrace.schemas.RolloutEvent;
import dev.millrace.schemas.TrainerStatus;
import dev.millrace.schemas.registry.RegistryFold;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.WireCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * What the topics of decisions and of status say at the moment of each question. It reads on with one consumer, so that a test may ask after
 * every turn. One thread.
 */
final class OnRecord implements AutoCloseable {
    private final KafkaConsumer<String, byte[]> consumer;
    private final String control;
    private final RegistryFold fold = new RegistryFold();
    private final List<RolloutEvent> story = new ArrayList<>();
    private final Map<String, TrainerStatus> trainers = new LinkedHashMap<>();
    private final WireCodec<RolloutEvent> events = new WireCodec<>(RolloutEvent.class);
    private final WireCodec<TrainerStatus> statuses = new WireCodec<>(TrainerStatus.class);

    OnRecord(Map<String, Object> client, Topics topics) {
        Map<String, Object> properties = new HashMap<>(client);
        properties.put("isolation.level", "read_committed");
        properties.put("enable.auto.commit", false);
        consumer = new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer());
        control = topics.control();
        List<TopicPartition> all = Stream.of(control, topics.status())
                .flatMap(topic -> consumer.partitionsFor(topic).stream())
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        consumer.assign(all);
        consumer.seekToBeginning(all);
    }

    private void readOn() {
        Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            consumer.poll(Duration.ofMillis(100)).forEach(this::add);
        }
    }

    private void add(ConsumerRecord<String, byte[]> record) {
        try {
            if (record.topic().equals(control)) {
                if (ControlKey.parse(record.key()) instanceof ControlKey.Story && record.value() != null) {
                    story.add(events.decode(record.value()));
                } else {
                    fold.add(record);
                }
            } else if (record.key().startsWith("trainer/")) {
                trainers.remove(record.key());
                if (record.value() != null) {
                    trainers.put(record.key(), statuses.decode(record.value()));
                }
            }
        } catch (Exception e) {
            throw new AssertionError("record at offset " + record.offset(), e);
        }
    }

    RegistryState state() {
        readOn();
        return fold.state();
    }

    /** Of all models, in order. */
    List<RolloutEvent> story() {
        readOn();
        return List.copyOf(story);
    }

    /** Of those trainers that have not left the one that reported last; empty: all have. */
    Optional<TrainerStatus> status() {
        readOn();
        return trainers.values().stream().reduce((before, after) -> after);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
