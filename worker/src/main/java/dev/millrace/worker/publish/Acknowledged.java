package dev.millrace.worker.publish;

import org.apache.kafka.common.TopicPartition;

/**
 * A source record whose terminal record, and its dead letter where it has one, are on the broker.
 *
 * @param partition of the source record
 * @param offset of the source record
 */
public record Acknowledged(TopicPartition partition, long offset) {}
