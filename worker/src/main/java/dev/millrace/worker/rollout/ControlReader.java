package dev.millrace.worker.rollout;

import dev.millrace.schemas.registry.RegistryFold;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.wire.MalformedRecordException;
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
    private final RegistryFold fold = new RegistryFold();

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
    RegistryState poll(Duration wait) {
        for (ConsumerRecord<String, byte[]> control : consumer.poll(wait)) {
            try {
                fold.add(control);
            } catch (MalformedRecordException | IllegalArgumentException e) {
                log.atWarn()
                        .addKeyValue("topic", control.topic())
                        .addKeyValue("partition", control.partition())
                        .addKeyValue("offset", control.offset())
                        .addKeyValue("key", control.key())
                        .addKeyValue("error", e.getMessage())
                        .log("control record ignored");
            }
        }
        return fold.state();
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
