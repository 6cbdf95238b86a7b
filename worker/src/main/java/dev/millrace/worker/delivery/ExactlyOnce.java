package dev.millrace.worker.delivery;

import dev.millrace.worker.intake.GroupIntake;
import dev.millrace.worker.publish.Oversized;
import dev.millrace.worker.publish.PublishFailure;
import dev.millrace.worker.publish.ResultPublisher;
import dev.millrace.worker.telemetry.StageWatch;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers and offsets become visible together, in one transaction per window, which may span turns but is committed only
 * between two of them. A reader that is {@code read_committed} sees each answer once, whatever happens to this lane.
 *
 * <p>After any failure the transaction is aborted, never continued, and the lane reads again from what is committed.
 */
final class ExactlyOnce implements Delivery {
    private static final Logger log = LoggerFactory.getLogger(ExactlyOnce.class);

    private final DeliveryPolicy policy;
    private final GroupIntake intake;
    private final Wiring wiring;
    private final Oversized oversized = new Oversized();
    private final Transactions transactions;

    /** Records have been taken since the last turn ended: some may have no answer yet. */
    private boolean inTurn;

    /** Why the open transaction must not be committed any more. */
    private @Nullable RuntimeException broken;

    private int inTransaction;
    private long settled;

    ExactlyOnce(
            DeliveryPolicy policy,
            GroupIntake intake,
            Supplier<Producer<byte[], byte @Nullable []>> producers,
            Wiring wiring) {
        this.policy = policy;
        this.intake = intake;
        this.wiring = wiring;
        this.transactions = new Transactions(
                wiring.lane(),
                policy.transactionTimeout(),
                producers,
                producer -> new ResultPublisher(
                        producer, wiring.destinations(), wiring.replies(), wiring.publishNanos(), oversized));
    }

    @Override
    public void join() {
        transactions.initialize();
        intake.join(new GroupIntake.Handover() {
            @Override
            public void assigned() {
                wiring.assigned().run();
            }

            @Override
            public void beforeGivingUp(Collection<TopicPartition> partitions) {
                givePartitionsUp(partitions);
            }

            @Override
            public void lost(Collection<TopicPartition> partitions) {
                // Their answers are in the open transaction, and their new owner answers them, too.
                if (transactions.open()) {
                    broken = new KafkaException("partitions lost to another member: " + partitions);
                }
            }
        });
    }

    @Override
    public List<ConsumerRecord<byte[], ByteBuffer>> take(Duration wait) {
        if (intake.trying() || (inTurn && full())) {
            // A suspect is alone in its turn; and a turn ends at the caps, however long it might linger.
            return List.of();
        }
        List<ConsumerRecord<byte[], ByteBuffer>> taken = intake.take(patience(wait));
        failIfBroken();
        if (!taken.isEmpty()) {
            inTurn = true;
            inTransaction += taken.size();
            if (!transactions.open()) {
                transactions.begin();
            }
        }
        return taken;
    }

    /** An idle lane must be back when the window of what it has answered ends. */
    private Duration patience(Duration wait) {
        boolean idle = transactions.open() && !inTurn;
        return idle && left().compareTo(wait) < 0 ? left() : wait;
    }

    /** What is left of the window. */
    private Duration left() {
        Duration left = policy.transactionWindow().minus(transactions.openFor());
        return left.isNegative() ? Duration.ZERO : left;
    }

    private boolean due() {
        return transactions.open() && (intake.trying() || left().isZero() || full());
    }

    private boolean full() {
        return inTransaction >= policy.maxInFlight() || publisher().unacknowledgedBytes() >= policy.maxInFlightBytes();
    }

    @Override
    public ResultPublisher publisher() {
        return transactions.publisher();
    }

    @Override
    public void release() {
        publisher().release(intake.crowded());
    }

    @Override
    public void endTurn() {
        failIfBroken();
        release();
        requirePublished();
        inTurn = false;
        if (due() || (transactions.open() && intake.deferring())) {
            // A turn with a deferred record fails; what it has answered must not wait as long as that record.
            commit(Set.of());
        } else if (intake.commitDue()) {
            // Only the mark beside what is committed moves. Waits for it: later it could undo the transaction's
            // offsets.
            intake.commitNow(Set.of());
        }
        intake.tried();
    }

    private void failIfBroken() {
        if (broken != null) {
            throw broken;
        }
    }

    private void requirePublished() {
        PublishFailure failure = publisher().takeFailure();
        if (failure != null) {
            if (failure.mayBeMissing()) {
                intake.hold(failure.partition(), failure.offset(), failure.destination());
            }
            PublishFailedException failed = new PublishFailedException(failure);
            broken = failed;
            throw failed;
        }
    }

    @Override
    public boolean holding() {
        return intake.holding();
    }

    /** Ends the open transaction, if there is one, with the offsets of everything in it. */
    private void commit(Collection<TopicPartition> givenUp) {
        if (!transactions.open()) {
            intake.commitNow(givenUp);
            return;
        }
        wiring.stages().entering(wiring.lane(), StageWatch.Stage.COMMIT, null);
        publisher().flush();
        requirePublished();
        AtomicInteger answered = new AtomicInteger();
        publisher().drainAcknowledged(done -> {
            intake.acknowledge(done.partition(), done.offset());
            answered.incrementAndGet();
        });
        Map<TopicPartition, OffsetAndMetadata> positions = intake.committable(givenUp);
        try {
            transactions.commit(positions, intake.metadata());
        } catch (RuntimeException e) {
            broken = e;
            throw e;
        }
        oversized.committed(positions);
        intake.committed(positions);
        settled += answered.get();
        inTransaction = 0;
    }

    @Override
    public void settle() {
        if (inTurn || broken != null) {
            // A turn that failed: what it had is the next owner's, whether or not this recovery succeeds.
            broken = broken == null ? new KafkaException("the last turn failed") : broken;
            recover();
        }
        commit(intake.assigned());
    }

    private void givePartitionsUp(Collection<TopicPartition> partitions) {
        try {
            wiring.finishInHand().run();
            failIfBroken();
            publisher().awaitAcknowledged(policy.revokeDeadline());
            if (publisher().unacknowledged() > 0) {
                throw new KafkaException("unacknowledged: " + publisher().unacknowledged()
                        + " (expected: 0 within millrace.revoke.deadline, " + policy.revokeDeadline() + ")");
            }
            commit(partitions);
        } catch (KafkaException | IllegalStateException | PublishFailedException e) {
            log.atWarn().addKeyValue("error", e).log("partitions given up without a commit, their next owner answers");
            broken = transactions.open() ? e : null;
        }
    }

    /**
     * Aborts, and goes back to what is committed.
     *
     * @throws FatalDeliveryException when another producer has taken the transactional id over
     */
    @Override
    public void recover() {
        publisher().discard();
        try {
            transactions.abort();
        } catch (FatalDeliveryException e) {
            leave();
            throw e;
        }
        publisher().flush();
        publisher().drainAcknowledged(done -> {});
        publisher().transactionOver();
        intake.restartFromCommitted();
        oversized.keepOnly(intake.assigned());
        inTransaction = 0;
        inTurn = false;
        broken = null;
    }

    /** For good: the partitions are for lanes that can answer. */
    private void leave() {
        try {
            intake.restartFromCommitted();
            intake.commitNow(intake.assigned());
        } catch (KafkaException e) {
            log.atInfo().addKeyValue("error", e).log("what this lane had will be tried one at a time");
        }
        intake.abandon();
        intake.close();
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
    public void defer(ConsumerRecord<byte[], ByteBuffer> source, BooleanSupplier ready) {
        intake.defer(source, ready);
    }

    @Override
    public boolean waits(ConsumerRecord<byte[], ByteBuffer> source) {
        return intake.waits(source);
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
            transactions.close();
        }
    }
}
