package dev.millrace.trainer.publish;

import dev.millrace.schemas.WorkerStatus;
import dev.millrace.schemas.topic.StatusKey;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.trainer.rollout.WorkerSeen;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the records of the status topic into the last word of every worker that has not left. One thread at a time. */
public final class WorkerFold {
    private static final Logger log = LoggerFactory.getLogger(WorkerFold.class);

    private final WireCodec<WorkerStatus> codec = new WireCodec<>(WorkerStatus.class);
    private final Map<String, WorkerSeen> workers = new TreeMap<>();

    /** Begins with nobody. */
    public WorkerFold() {}

    /** Reads one more record. One that cannot be read is passed over. */
    public void add(ConsumerRecord<String, byte[]> record) {
        if (record.key() == null || StatusKey.isTrainer(record.key())) {
            return;
        }
        if (record.value() == null) {
            workers.remove(record.key());
            return;
        }
        try {
            Instant heardAt = Instant.ofEpochMilli(record.timestamp());
            workers.put(record.key(), new WorkerSeen(codec.decode(record.value()), heardAt));
        } catch (MalformedRecordException e) {
            log.debug("status record ignored offset={} error={}", record.offset(), e.getMessage());
        }
    }

    /** Who has been heard of so far, by id. */
    public List<WorkerSeen> workers() {
        return List.copyOf(workers.values());
    }
}
