package dev.millrace.worker.rollout;

import dev.millrace.schemas.ModelStatus;
import dev.millrace.schemas.WorkerStatus;
import dev.millrace.schemas.wire.WireCodec;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts this worker's heartbeat on the status topic, and a tombstone when it leaves. Rollout thread only. */
final class StatusReporter implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(StatusReporter.class);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

    private final Producer<String, byte @Nullable []> producer;
    private final String topic;
    private final String worker;
    private final Supplier<RolloutFollower.Self> self;
    private final WireCodec<WorkerStatus> codec = new WireCodec<>(WorkerStatus.class);
    private final Instant startedAt = ProcessHandle.current()
            .info()
            .startInstant()
            .orElseGet(Instant::now)
            .truncatedTo(ChronoUnit.MILLIS);
    private volatile @Nullable String lastError;

    /** Wires the reporter; {@code producer} is closed by {@link #close}. */
    StatusReporter(
            Producer<String, byte @Nullable []> producer,
            String topic,
            String worker,
            Supplier<RolloutFollower.Self> self) {
        this.producer = producer;
        this.topic = topic;
        this.worker = worker;
        this.self = self;
    }

    /** Sends a heartbeat that acknowledges {@code models}. */
    void beat(List<ModelStatus> models) {
        RolloutFollower.Self now = self.get();
        send(codec.encode(new WorkerStatus(
                worker, startedAt, Instant.now().truncatedTo(ChronoUnit.MILLIS), now.state(), now.lanes(), models)));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A lost heartbeat is followed by another; the callback logs it.
    private void send(byte @Nullable [] value) {
        producer.send(new ProducerRecord<>(topic, worker, value), (metadata, problem) -> {
            lastError = problem == null ? null : "status topic: " + problem.getMessage();
            if (problem != null) {
                log.atWarn().addKeyValue("error", problem).log("status not sent");
            }
        });
    }

    /** Why the last heartbeat did not reach the broker; null when it did. Set on the producer's thread. */
    @Nullable
    String lastError() {
        return lastError;
    }

    /** Takes this worker off the status topic. */
    @Override
    public void close() {
        send(null);
        producer.close(CLOSE_PATIENCE);
    }
}
