package dev.millrace.trainer.publish;

import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
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
import org.jspecify.annotations.Nullable;

/** Reads the control topic from its beginning to its end, committed records only. */
final class ControlLog {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Map<String, ?> client;
    private final TopicPartition partition;
    private final WireCodec<ModelVersion> versions = new WireCodec<>(ModelVersion.class);
    private final WireCodec<Rollout> rollouts = new WireCodec<>(Rollout.class);

    ControlLog(Map<String, ?> client, String topic) {
        this.client = client;
        this.partition = new TopicPartition(topic, 0);
    }

    /** What the topic said when this was called. A record that cannot be read is passed over, as workers do. */
    RegistryState read() throws IOException {
        Map<String, Object> properties = new HashMap<>(client);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        try (KafkaConsumer<String, byte[]> consumer =
                new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            RegistryState state = RegistryState.EMPTY;
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    state = fold(state, record.key(), record.value());
                }
                if (System.nanoTime() > deadline) {
                    throw new IOException("%s: read to offset %d in %d s (expected: to its end, %d)"
                            .formatted(partition, consumer.position(partition), PATIENCE.toSeconds(), end));
                }
            }
            return state;
        }
    }

    private RegistryState fold(RegistryState state, @Nullable String text, byte @Nullable [] value) {
        ControlKey key = ControlKey.parse(text);
        try {
            if (key instanceof ControlKey.Model model) {
                return state.with(model, value == null ? null : versions.decode(value));
            }
            if (key instanceof ControlKey.RolloutOf rollout) {
                return state.with(rollout, value == null ? null : rollouts.decode(value));
            }
            return state;
        } catch (MalformedRecordException e) {
            return state;
        }
    }
}
