package dev.millrace.trainer.publish;

import dev.millrace.schemas.WorkerStatus;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what workers say of themselves. */
final class StatusLog {
    private static final Logger log = LoggerFactory.getLogger(StatusLog.class);

    private final TopicScan scan;
    private final WireCodec<WorkerStatus> codec = new WireCodec<>(WorkerStatus.class);

    StatusLog(Map<String, ?> client, String topic) {
        scan = new TopicScan(client, topic);
    }

    /** The last word of every worker that has not left, by id. A record that cannot be read is passed over. */
    List<WorkerSeen> read() throws IOException {
        Map<String, WorkerSeen> workers = new TreeMap<>();
        scan.read(record -> {
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
        });
        return List.copyOf(workers.values());
    }
}
