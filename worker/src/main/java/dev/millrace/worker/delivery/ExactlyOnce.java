package dev.millrace.worker.delivery;

import dev.millrace.worker.intake.GroupIntake;
import dev.millrace.worker.publish.Oversized;
import dev.millrace.worker.publish.ResultPublisher;
import dev.millrace.worker.telemetry.StageWatch;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
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
 * Answers and offsets become visible together, in one transaction per window, which may span turns. A reader that is
 * {@code read_committed} sees each answer once, whatever happens to this lane: the group's generation fences the offsets
 * of a lane that has been replaced (KIP-447), and the transaction's epoch fences its answers (KIP-890).
 *
 * <p>After any failure the transaction is aborted and the lane reads again from what is committed. A producer that
 * cannot abort, or whose transaction ended in an unknown way, is replaced by a new one of the same transactional id.
 */
final class ExactlyOnce implements Delivery {
    private static final Logger log = LoggerFactory.getLogger(ExactlyOnce.class);

    /** Two of these in a row, sooner than this after a new producer, mean that another one has the same id. */
    private static final Duration FENCED_AGAIN = Duration.ofSeconds(30);

    private final DeliveryPolicy policy;
    private final GroupIntake intake;
    private final Supplier<Producer<byte[], byte @Nullable []>> producers;
    private final Wiring wiring;
    private final Oversized oversized = new Oversized();
    private Producer<byte[], byte @Nullable []> producer;
    private ResultPublisher publisher;
    private boolean initialized;
    private boolean open;
    private long openedAtNanos;
    private long fencedAtNanos;
    private boolean fenced;
    private @Nullable KafkaException broken;
    private int inTransaction;
    private long settled;

    ExactlyOnce(
            DeliveryPolicy policy,
            GroupIntake intake,
            Supplier<Producer<byte[], byte @Nullable []>> producers,
            Wiring wiring) {
        this.policy = policy;
        this.intake = intake;
        this.producers = producers;
        this.wiring = wiring;
        this.producer = producers.get();
        this.publisher = publisherOver(producer);
    }

    private ResultPublisher publisherOver(Producer<byte[], byte @Nullable []> transactional) {
        return new ResultPublisher(transactional, wiring.destinations(), wiring.publishNanos(), oversized);
    }

    @Override
    public void join() {
        initialize();
        intake.join(new GroupIntake.Handover() {
            @Override
            public void beforeGivingUp(Collection<TopicPartition> partitions) {
                givePartitionsUp(partitions);
            }

            @Override
            public void lost(Collection<TopicPartition> partitions) {
                // Their answers are in the open transaction, and their new owner answers them, too.
                if (open) {
                    broken = new KafkaException("partitions lost to another member: " + partitions);
                }
            }
        });
    }

    /** Ends what an earlier producer of this id has left open, and fences it. */
    private void initialize() {
        if (!initialized) {
            producer.initTransactions();
            initialized = true;
        }
    }

    @Override
    public List<ConsumerRecord<byte[], ByteBuffer>> take(Duration wait) {
        if (intake.trying()) {
            // A suspect is alone in its turn.
            return List.of();
        }
        if (due()) {
            // While a turn lingers: what it has in hand is answered inside the transaction that took it.
            wiring.finishInHand().run();
            commit(Set.of());
        }
        List<ConsumerRecord<byte[], ByteBuffer>> taken = intake.take(open ? shorter(wait, left()) : wait);
        failIfBroken();
        if (!taken.isEmpty() && !open) {
            producer.beginTransaction();
            open = true;
            openedAtNanos = System.nanoTime();
        }
        inTransaction += taken.size();
        return taken;
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    /** What is left of the window. */
    private Duration left() {
        Duration passed = Duration.ofNanos(System.nanoTime() - openedAtNanos);
        Duration left = policy.transactionWindow().minus(passed);
        return left.isNegative() ? Duration.ZERO : left;
    }

    private boolean due() {
        return open
                && (intake.trying()
                        || left().isZero()
                        || inTransaction >= policy.maxInFlight()
                        || publisher.unacknowledgedBytes() >= policy.maxInFlightBytes());
    }

    @Override
    public ResultPublisher publisher() {
        return publisher;
    }

    @Override
    public void endTurn() {
        failIfBroken();
        Exception failure = publisher.takeFailure();
        if (failure != null) {
            throw new PublishFailedException(failure);
        }
        if (due()) {
            commit(Set.of());
        } else if (!open && intake.commitDue()) {
            intake.commitSoon();
        }
        intake.tried();
    }

    private void failIfBroken() {
        if (broken != null) {
            throw broken;
        }
    }

    /** Ends the open transaction, if there is one, with the offsets of everything in it. */
    private void commit(Collection<TopicPartition> givenUp) {
        if (!open) {
            intake.commitNow(givenUp);
            return;
        }
        wiring.stages().entering(wiring.lane(), StageWatch.Stage.COMMIT, null);
        publisher.flush();
        Exception failure = publisher.takeFailure();
        if (failure != null) {
            throw new PublishFailedException(failure);
        }
        publisher.drainAcknowledged(done -> intake.acknowledge(done.partition(), done.offset()));
        Map<TopicPartition, OffsetAndMetadata> positions = intake.committable(givenUp);
        producer.sendOffsetsToTransaction(positions, intake.metadata());
        producer.commitTransaction();
        open = false;
        oversized.clear();
        intake.committed(positions);
        settled += inTransaction;
        inTransaction = 0;
    }

    @Override
    public void settle() {
        failIfBroken();
        commit(intake.assigned());
    }

    private void givePartitionsUp(Collection<TopicPartition> partitions) {
        try {
            wiring.finishInHand().run();
            failIfBroken();
            commit(partitions);
        } catch (KafkaException | PublishFailedException e) {
            log.warn("transaction will be aborted, its requests are the next owner's lane={}", wiring.lane(), e);
            broken = new KafkaException("partitions given up without a commit: " + e.getMessage(), e);
        }
    }

    /**
     * Aborts, with a new producer where this one cannot, and goes back to what is committed.
     *
     * @throws FatalDeliveryException when another producer has taken the transactional id over
     */
    @Override
    public void recover() {
        abort();
        publisher.flush();
        publisher.drainAcknowledged(done -> {});
        publisher.takeFailure();
        intake.restartFromCommitted();
        inTransaction = 0;
        broken = null;
    }

    private void abort() {
        if (!initialized) {
            replaceProducer();
        } else if (open) {
            try {
                producer.abortTransaction();
                open = false;
            } catch (KafkaException e) {
                log.info("producer cannot abort and is replaced lane={} error={}", wiring.lane(), e.toString());
                notFencedAgain(e);
                replaceProducer();
            }
        }
    }

    /**
     * A transaction that was open for too long is ended by the broker, with an epoch that fences this producer just as
     * another one would: once is no proof of that, soon again is.
     */
    private void notFencedAgain(KafkaException failure) {
        boolean now = failure instanceof ProducerFencedException || failure instanceof InvalidProducerEpochException;
        if (now && fenced && System.nanoTime() - fencedAtNanos < FENCED_AGAIN.toNanos()) {
            throw new FatalDeliveryException(
                    "transactional.id: another producer uses that of lane " + wiring.lane()
                            + " (expected: a millrace.id of its own for every worker of a group)",
                    failure);
        }
        if (now) {
            fenced = true;
            fencedAtNanos = System.nanoTime();
        }
    }

    private void replaceProducer() {
        initialized = false;
        publisher.abandon();
        producer = producers.get();
        publisher = publisherOver(producer);
        open = false;
        initialize();
    }

    @Override
    public Trust trust(ConsumerRecord<byte[], ByteBuffer> source) {
        return DeliveryPolicy.trust(source.deliveryCount().orElse((short) 1), policy.killerCrashes());
    }

    @Override
    public long behind(ConsumerRecord<byte[], ByteBuffer> source) {
        return intake.behind(source);
    }

    @Override
    public List<Integer> partitions() {
        return intake.partitions();
    }

    @Override
    public Map<Integer, Long> lags() {
        return intake.lags();
    }

    @Override
    public int outstanding() {
        return inTransaction;
    }

    @Override
    public long settled() {
        return settled;
    }

    @Override
    public void abandon() {
        intake.abandon();
        close();
    }

    @Override
    public void close() {
        try {
            intake.close();
        } finally {
            publisher.close();
        }
    }
}
