package dev.millrace.worker.rollout;

import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows the control topic from its beginning and folds what it reads. Rollout thread only. */
final class ControlReader implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ControlReader.class);

    private final Consumer<String, byte[]> consumer;
    private final TopicPartition partition;
    private final long endAtStart;
    private final WireCodec<ModelVersion> versions = new WireCodec<>(ModelVersion.class);
    private final WireCodec<Rollout> rollouts = new WireCodec<>(Rollout.class);
    private ControlState state = ControlState.EMPTY;

    /**
     * Starts at the first record.
     *
     * @param consumer without a group, {@code read_committed}; closed by {@link #close}
     */
    ControlReader(Consumer<String, byte[]> consumer, String topic) {
        this.consumer = consumer;
        this.partition = new TopicPartition(topic, 0);
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        endAtStart = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
    }

    /** Reads what has come within {@code wait} and returns the state after it. */
    ControlState poll(Duration wait) {
        for (ConsumerRecord<String, byte[]> control : consumer.poll(wait)) {
            ControlKey key = ControlKey.parse(control.key());
            if (key != null) {
                fold(key, control);
            }
        }
        return state;
    }

    private void fold(ControlKey key, ConsumerRecord<String, byte[]> control) {
        byte[] value = control.value();
        try {
            Object decoded = null;
            if (value != null && key instanceof ControlKey.Model) {
                decoded = versions.decode(value);
            } else if (value != null) {
                decoded = consistent(key, rollouts.decode(value));
            }
            state = state.with(key, control.offset(), decoded);
        } catch (MalformedRecordException | IllegalArgumentException e) {
            log.atWarn()
                    .addKeyValue("topic", control.topic())
                    .addKeyValue("partition", control.partition())
                    .addKeyValue("offset", control.offset())
                    .addKeyValue("key", key)
                    .addKeyValue("error", e.getMessage())
                    .log("control record ignored");
        }
    }

    /** A decision must be of the model that its key names, for a version that can be: one that is not would stop all. */
    private static Rollout consistent(ControlKey key, Rollout rollout) {
        if (!key.equals(new ControlKey.RolloutOf(rollout.getModel())) || rollout.getChampion() < 1) {
            throw new IllegalArgumentException("rollout: of " + rollout.getModel() + " v" + rollout.getChampion()
                    + " (expected: of the key's model, version 1 or more)");
        }
        return rollout;
    }

    /** Whether everything that was there at the start has been read: before that a champion may be long superseded. */
    boolean caughtUp() {
        return consumer.position(partition) >= endAtStart;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
