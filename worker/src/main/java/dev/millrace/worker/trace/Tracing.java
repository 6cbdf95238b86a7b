package dev.millrace.worker.trace;

import dev.millrace.schemas.InferenceResult;
import java.nio.ByteBuffer;
import java.time.Instant;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells traces what became of requests. A request whose record names no trace that is sampled costs a look at its headers, and no
 * memory. Never throws. Thread-safe.
 */
public interface Tracing {
    /** Traces nothing. */
    Tracing NONE = new Tracing() {
        @Override
        public @Nullable Publication answered(
                ConsumerRecord<byte[], ByteBuffer> source, Instant takenAt, long startNanos, InferenceResult result) {
            return null;
        }

        @Override
        public @Nullable Publication kept(
                ConsumerRecord<byte[], ByteBuffer> source,
                Instant takenAt,
                long startNanos,
                String errorClass,
                String message) {
            return null;
        }
    };

    /**
     * Where the worker is in Kafka.
     *
     * @param group consumer or share group
     * @param results topic of results
     * @param deadLetters topic of dead letters
     */
    record Place(String group, String results, String deadLetters) {}

    /**
     * A request has its answer, which goes to the broker now.
     *
     * @param takenAt when the lane took the record from its consumer
     * @param startNanos when the lane began with it, of {@link System#nanoTime}
     * @return null where nobody traces the request
     */
    @Nullable
    Publication answered(
            ConsumerRecord<byte[], ByteBuffer> source, Instant takenAt, long startNanos, InferenceResult result);

    /** As {@link #answered}, of a record that only becomes a dead letter. */
    @Nullable
    Publication kept(
            ConsumerRecord<byte[], ByteBuffer> source,
            Instant takenAt,
            long startNanos,
            String errorClass,
            String message);

    /** That of the process, if it has OpenTelemetry and somebody has set it up; else {@link #NONE}. */
    static Tracing ofProcess(Place place) {
        Logger log = LoggerFactory.getLogger(Tracing.class);
        try {
            // By name: without the library this class must load all the same.
            Class.forName("io.opentelemetry.api.GlobalOpenTelemetry", false, Tracing.class.getClassLoader());
            return OpenTelemetrySpans.ofProcess(place);
        } catch (ClassNotFoundException e) {
            log.debug("no traces: opentelemetry-api is not on the class path");
        } catch (LinkageError | RuntimeException e) {
            log.warn("no traces: OpenTelemetry cannot be used (expected: opentelemetry-api 1.57 or newer)", e);
        }
        return NONE;
    }
}
