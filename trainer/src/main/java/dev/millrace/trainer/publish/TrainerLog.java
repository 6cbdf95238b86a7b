package dev.millrace.trainer.publish;

import dev.millrace.schemas.TrainerStatus;
import dev.millrace.schemas.topic.StatusKey;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what trainers say of themselves. */
final class TrainerLog {
    private static final Logger log = LoggerFactory.getLogger(TrainerLog.class);

    private final TopicScan scan;
    private final WireCodec<TrainerStatus> codec = new WireCodec<>(TrainerStatus.class);

    TrainerLog(Map<String, ?> client, String topic) {
        scan = new TopicScan(client, topic);
    }

    /** The last word of every trainer that has not left, by id. A record that cannot be read is passed over. */
    List<TrainerSeen> read() throws IOException {
        Map<String, TrainerSeen> trainers = new TreeMap<>();
        scan.read(record -> {
            if (!StatusKey.isTrainer(record.key())) {
                return;
            }
            if (record.value() == null) {
                trainers.remove(record.key());
                return;
            }
            try {
                Instant heardAt = Instant.ofEpochMilli(record.timestamp());
                trainers.put(record.key(), new TrainerSeen(codec.decode(record.value()), heardAt));
            } catch (MalformedRecordException e) {
                log.debug("status record ignored offset={} error={}", record.offset(), e.getMessage());
            }
        });
        return List.copyOf(trainers.values());
    }
}
