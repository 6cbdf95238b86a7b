package dev.millrace.trainer.service;

import dev.millrace.schemas.Feedback;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.schemas.wire.WireTerms;
import dev.millrace.trainer.judge.Evidence;
import dev.millrace.trainer.judge.OpenTrial;
import dev.millrace.trainer.judge.Verdict.Why;
import dev.millrace.trainer.judge.Window;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One step of a trial and what is read of it, from its beginning on whenever that was: after a restart it sees the same. One thread at a
 * time.
 */
final class WatchedStep implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(WatchedStep.class);

    /** How long before its step a label may have come: requests wait in their topic, and clocks differ. */
    private static final Duration LABELS_BEFORE = Duration.ofMinutes(10);

    private final OpenTrial.Step step;
    private final Window window;
    private final TopicReader reader;
    private final WireTerms wire;
    private final WireCodec<InferenceResult> results;
    private final WireCodec<Feedback> feedback;
    private final String feedbackTopic;

    /** What was last told of it to the control topic, and when; null: nothing. */
    @Nullable
    Why told;

    Instant toldAt = Instant.EPOCH;

    /** The epoch of the trial that was last decided of; until another one is read, nothing is decided. */
    long decidedEpoch = -1;

    WatchedStep(Map<String, ?> client, Topics topics, OpenTrial.Step step, int remembered) {
        this.step = step;
        window = new Window(step, remembered);
        feedbackTopic = topics.feedback();
        Map<String, Instant> since = new HashMap<>();
        since.put(topics.results(), step.since());
        since.put(topics.shadowResults(), step.since());
        since.put(topics.feedback(), step.since().minus(LABELS_BEFORE));
        wire = WireTerms.from(client);
        results = new WireCodec<>(InferenceResult.class, wire);
        feedback = new WireCodec<>(Feedback.class, wire);
        try {
            reader = new TopicReader(client, since, this::add);
        } catch (RuntimeException e) {
            wire.close();
            throw e;
        }
    }

    private void add(ConsumerRecord<String, byte[]> record) {
        if (record.value() == null) {
            return;
        }
        try {
            if (record.topic().equals(feedbackTopic)) {
                window.add(feedback.decode(record.value()));
            } else {
                window.add(results.decode(record.value()));
            }
        } catch (MalformedRecordException e) {
            log.debug("record ignored topic={} offset={} error={}", record.topic(), record.offset(), e.getMessage());
        }
    }

    boolean isOf(OpenTrial trial) {
        return step.equals(trial.step());
    }

    /** As {@link TopicReader#readOn}. */
    boolean readOn() {
        return reader.readOn();
    }

    void looked() {
        reader.looked();
    }

    Evidence seen() {
        return window.seen();
    }

    @Override
    public void close() {
        try (wire) {
            reader.close();
        }
    }
}
