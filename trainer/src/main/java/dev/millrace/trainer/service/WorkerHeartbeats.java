package dev.millrace.trainer.service;

import dev.millrace.schemas.WorkerStatus;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.trainer.judge.Heartbeat;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The last heartbeat of every worker that has not left. One thread at a time. */
final class WorkerHeartbeats implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(WorkerHeartbeats.class);

    private final WireCodec<WorkerStatus> statuses = new WireCodec<>(WorkerStatus.class);
    private final Map<String, Heartbeat> last = new HashMap<>();
    private final TopicReader reader;

    WorkerHeartbeats(Map<String, ?> client, Topics topics) {
        reader = new TopicReader(client, Map.of(topics.status(), Instant.EPOCH), this::add);
    }

    private void add(ConsumerRecord<String, byte[]> record) {
        if (record.key() == null) {
            return;
        }
        if (record.value() == null) {
            last.remove(record.key());
            return;
        }
        try {
            last.put(
                    record.key(),
                    new Heartbeat(statuses.decode(record.value()), Instant.ofEpochMilli(record.timestamp())));
        } catch (MalformedRecordException e) {
            log.debug("status record ignored offset={} error={}", record.offset(), e.getMessage());
        }
    }

    /** As {@link TopicReader#readOn}. */
    boolean readOn() {
        return reader.readOn();
    }

    void looked() {
        reader.looked();
    }

    Collection<Heartbeat> last() {
        return List.copyOf(last.values());
    }

    @Override
    public void close() {
        reader.close();
    }
}
