package dev.millrace.worker.delivery;

import dev.millrace.worker.publish.ResultPublisher;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The transactions of one lane, one after the other, by a producer that is replaced by a new one of the same
 * transactional id when it can go on no more: it cannot abort, or does not know how its last commit ended. The new one
 * ends what the old one left open, and fences it (KIP-98, KIP-890). Lane thread only.
 */
final class Transactions implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Transactions.class);

    /** Fenced twice within this time, a lane takes it that another producer lives on its id. */
    private static final Duration FENCED_AGAIN = Duration.ofSeconds(30);

    private final int lane;
    private final Duration timeout;
    private final Supplier<Producer<byte[], byte @Nullable []>> producers;
    private final Function<Producer<byte[], byte @Nullable []>, ResultPublisher> publishers;
    private Producer<byte[], byte @Nullable []> producer;
    private ResultPublisher publisher;
    private boolean initialized;
    private boolean spent;
    private boolean open;
    private long openedAtNanos;
    private boolean fenced;
    private long fencedAtNanos;

    /**
     * Makes the first producer; nothing is sent before {@link #initialize}.
     *
     * @param timeout after which the broker aborts a transaction by itself
     * @param producers makes a producer, always of the same transactional id
     */
    Transactions(
            int lane,
            Duration timeout,
            Supplier<Producer<byte[], byte @Nullable []>> producers,
            Function<Producer<byte[], byte @Nullable []>, ResultPublisher> publishers) {
        this.lane = lane;
        this.timeout = timeout;
        this.producers = producers;
        this.publishers = publishers;
        this.producer = producers.get();
        this.publisher = publishers.apply(producer);
    }

    /**
     * Ends what an earlier producer of this id has left open, and fences it.
     *
     * @throws KafkaException when the broker does not let it
     */
    void initialize() {
        if (initialized) {
            return;
        }
        if (spent) {
            publisher.abandon();
            producer = producers.get();
            publisher = publishers.apply(producer);
        }
        spent = true;
        try {
            producer.initTransactions();
        } catch (KafkaException e) {
            throw new KafkaException(
                    "transactional.id of lane " + lane + ": " + e.getMessage()
                            + " (expected: a broker that answers, and the right to write under this id)",
                    e);
        }
        initialized = true;
    }

    /** Sends into the open transaction. Ask again after {@link #abort}. */
    ResultPublisher publisher() {
        return publisher;
    }

    boolean open() {
        return open;
    }

    /** For how long the open transaction has been so. */
    Duration openFor() {
        return Duration.ofNanos(System.nanoTime() - openedAtNanos);
    }

    void begin() {
        open = true;
        openedAtNanos = System.nanoTime();
        producer.beginTransaction();
    }

    /**
     * Makes the answers and these offsets visible together.
     *
     * @param member whose generation fences the offsets of a lane that has been replaced (KIP-447)
     * @throws KafkaException when that failed, or when it is not known whether it did
     */
    void commit(Map<TopicPartition, OffsetAndMetadata> offsets, ConsumerGroupMetadata member) {
        producer.sendOffsetsToTransaction(offsets, member);
        producer.commitTransaction();
        open = false;
    }

    /**
     * Ends the open transaction, if there is one, and is ready for the next. After a commit whose end was not known it
     * may turn out to be committed.
     *
     * @throws KafkaException when the broker does not let it; call again
     * @throws FatalDeliveryException when another producer uses the same transactional id
     */
    void abort() {
        if (open) {
            initialized = aborted();
            open = false;
        }
        initialize();
    }

    private boolean aborted() {
        try {
            producer.abortTransaction();
            return true;
        } catch (RuntimeException e) {
            // An IllegalStateException, too: a producer whose commit timed out can do nothing but repeat it.
            log.atInfo().addKeyValue("error", e).log("producer cannot abort and is replaced");
            requireUnfenced(e);
            return false;
        }
    }

    /**
     * A transaction that was open for too long is ended by the broker, which fences its producer just as another one would:
     * that proves nothing. And whoever was fenced once may have been the one that should go on; soon again is proof.
     */
    private void requireUnfenced(RuntimeException failure) {
        boolean now = failure instanceof ProducerFencedException || failure instanceof InvalidProducerEpochException;
        if (!now || openFor().compareTo(timeout) >= 0) {
            return;
        }
        if (fenced && System.nanoTime() - fencedAtNanos < FENCED_AGAIN.toNanos()) {
            throw new FatalDeliveryException(
                    "transactional.id: another producer uses that of lane " + lane
                            + " (expected: a millrace.id of its own for every worker of a group)",
                    failure);
        }
        fenced = true;
        fencedAtNanos = System.nanoTime();
    }

    /** Aborts what is open. */
    @Override
    public void close() {
        publisher.close();
    }
}
