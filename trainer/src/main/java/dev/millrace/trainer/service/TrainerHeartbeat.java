package dev.millrace.trainer.service;

import dev.millrace.schemas.TrainerStatus;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.WireSerializer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says on the status topic what a trainer does: every few seconds, at once when that has changed, and that it leaves. One thread at a time. */
final class TrainerHeartbeat implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(TrainerHeartbeat.class);
    private static final Duration EVERY = Duration.ofSeconds(3);
    private static final Duration AT_MOST = Duration.ofMillis(500);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final KafkaProducer<String, @Nullable SpecificRecord> producer;
    private final String topic;
    private final String key;
    private final Clock clock;
    private @Nullable TrainerStatus last;
    private Instant lastAt = Instant.EPOCH;

    TrainerHeartbeat(Map<String, ?> client, Topics topics, String trainer, Clock clock) {
        Map<String, Object> properties = new HashMap<>(client);
        // What cannot be said soon is said anew.
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 1_000);
        properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 10_000);
        properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
        producer = new KafkaProducer<>(properties, new StringSerializer(), new WireSerializer());
        topic = topics.status();
        key = "trainer/" + trainer;
        this.clock = clock;
    }

    /** @param status as it is now, but for the time of the report */
    @SuppressWarnings("FutureReturnValueIgnored") // The next one makes up for one that is lost.
    void tell(TrainerStatus status) {
        Instant now = clock.instant();
        TrainerStatus before = last;
        Instant due = lastAt.plus(before != null && status.equals(before) ? EVERY : AT_MOST);
        if (now.isBefore(due)) {
            return;
        }
        last = status;
        lastAt = now;
        TrainerStatus said = TrainerStatus.newBuilder(status).setReportedAt(now).build();
        producer.send(new ProducerRecord<>(topic, key, said), (unused, failure) -> {
            if (failure != null) {
                log.debug("status not sent error={}", failure.toString());
            }
        });
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored")
    public void close() {
        producer.send(new ProducerRecord<>(topic, key, null));
        producer.close(PATIENCE);
    }
}
