package dev.millrace.worker.publish;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * What could not be put on the broker.
 *
 * @param partition of the source record
 * @param offset of the source record
 * @param destination topic of the result or dead letter
 */
public record PublishFailure(TopicPartition partition, long offset, String destination, Exception cause) {
    /** Whether the destination may be missing or forbidden: someone must mend it, and others need not wait for that. */
    public boolean mayBeMissing() {
        return cause instanceof TimeoutException
                || cause instanceof UnknownTopicOrPartitionException
                || cause instanceof TopicAuthorizationException
                || cause instanceof InvalidTopicException;
    }
}
