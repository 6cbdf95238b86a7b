package dev.millrace.worker.lane;

import java.nio.ByteBuffer;
import java.time.Instant;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A record that a lane works on.
 *
 * @param at when the lane took it from the consumer
 * @param startNanos when the lane began with it, of {@link System#nanoTime}
 * @param place of its answer among those of the turn
 */
record Taken(ConsumerRecord<byte[], ByteBuffer> source, Instant at, long startNanos, InOrder.Place place) {}
