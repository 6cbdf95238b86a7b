package dev.millrace.trainer.publish;

import dev.millrace.schemas.RolloutEvent;
import dev.millrace.schemas.registry.RegistryFold;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.MalformedRecordException.Reason;
import dev.millrace.schemas.wire.WireCodec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the control topic from its beginning to its end, committed records only. */
final class ControlLog {
    private static final Logger log = LoggerFactory.getLogger(ControlLog.class);
    private final String topic;
    private final TopicScan scan;
    private final WireCodec<RolloutEvent> events = new WireCodec<>(RolloutEvent.class);

    ControlLog(Map<String, ?> client, String topic) {
        this.topic = topic;
        scan = new TopicScan(client, topic);
    }

    /** What the topic said when this was called. A record that cannot be read is passed over, as workers do. */
    RegistryState read() throws IOException {
        return fold(reason -> false);
    }

    /**
     * The same for one who is going to write what follows from it.
     *
     * @throws IOException also when a record is of a schema that is not known here: what a newer Millrace decided must not be decided over
     */
    RegistryState readToDecide() throws IOException {
        return fold(reason -> reason == Reason.UNKNOWN_SCHEMA);
    }

    private RegistryState fold(Predicate<Reason> fatal) throws IOException {
        RegistryFold fold = new RegistryFold();
        scan.read(record -> {
            try {
                fold.add(record);
            } catch (MalformedRecordException e) {
                if (fatal.test(e.reason())) {
                    throw new IOException(
                            "%s, offset %d: %s (expected: a schema that this version of Millrace knows)"
                                    .formatted(topic, record.offset(), e.getMessage()),
                            e);
                }
                passedOver(record, e);
            } catch (IllegalArgumentException e) {
                passedOver(record, e);
            }
        });
        return fold.state();
    }

    private static void passedOver(ConsumerRecord<String, byte[]> record, Exception e) {
        log.debug("control record ignored offset={} error={}", record.offset(), e.getMessage());
    }

    /** The decisions about a model, or about all where {@code model} is null, in the order in which they were made. */
    List<RolloutEvent> story(@Nullable String model) throws IOException {
        List<RolloutEvent> story = new ArrayList<>();
        scan.read(record -> {
            if (ControlKey.parse(record.key()) instanceof ControlKey.Story key
                    && record.value() != null
                    && (model == null || key.name().equals(model))) {
                tell(record, story);
            }
        });
        return story;
    }

    private void tell(ConsumerRecord<String, byte[]> record, List<RolloutEvent> story) {
        try {
            story.add(events.decode(record.value()));
        } catch (MalformedRecordException e) {
            passedOver(record, e);
        }
    }
}
