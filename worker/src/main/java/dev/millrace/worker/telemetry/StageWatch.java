package dev.millrace.worker.telemetry;

import java.nio.ByteBuffer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Told as a lane enters each stage, on the lane's thread, before the stage does anything: what it takes, the lane takes.
 * Meant for tests that need a fault at a certain point.
 */
@FunctionalInterface
public interface StageWatch {
    /** Watches nothing. */
    StageWatch NONE = (lane, stage, source) -> {};

    /** Where a request is. */
    enum Stage {
        /** Record bytes to pixels; one record. */
        DECODE,
        /** The session run of a batch; no record. */
        INFER,
        /** A result or dead letter goes to the producer; one record. */
        PUBLISH,
        /** Offsets go to the broker; no record. */
        COMMIT
    }

    /**
     * The lane enters {@code stage}.
     *
     * @param source the request's record, where the stage is about one
     */
    void entering(int lane, Stage stage, @Nullable ConsumerRecord<byte[], ByteBuffer> source);
}
