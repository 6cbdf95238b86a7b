package dev.millrace.worker.publish;

import org.apache.kafka.common.TopicPartition;

/**
 * A source record whose terminal record, and its dead letter where it has one, are on the broker.
 *
 * @param partition of the source record
 * @param offset of the source record
 * @param answered whether it has a terminal record; if not, it has only a dead letter
 */
public record Acknowledged(TopicPartition partition, long offset, boolean answered) {}
