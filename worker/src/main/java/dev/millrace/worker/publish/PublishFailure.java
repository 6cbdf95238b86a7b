package dev.millrace.worker.publish;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionAbortableException;
import org.apache.kafka.common.errors.TransactionAbortedException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * What could not be put on the broker.
 *
 * @param partition of the source record
 * @param offset of the source record
 * @param destination topic of the result, dead letter or reply
 * @param ofReply whether a reply is what failed: it is dropped when its source record is read again
 */
public record PublishFailure(
        TopicPartition partition, long offset, String destination, Exception cause, boolean ofReply) {
    /** Whether the destination may be missing or forbidden: someone must mend it, and others need not wait for that. */
    public boolean mayBeMissing() {
        return !ofReply
                && (cause instanceof TimeoutException
                        || cause instanceof UnknownTopicOrPartitionException
                        || cause instanceof TopicAuthorizationException
                        || cause instanceof InvalidTopicException);
    }

    /** Whether the broker's word is about the record that failed or its topic, and not about the producer or its transaction. */
    static boolean isOf(Exception cause) {
        return cause instanceof ApiException
                && !(cause instanceof TransactionAbortedException
                        || cause instanceof TransactionAbortableException
                        || cause instanceof InvalidTxnStateException
                        || cause instanceof ProducerFencedException
                        || cause instanceof InvalidProducerEpochException);
    }
}
