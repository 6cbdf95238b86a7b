package dev.millrace.worker.delivery;

import dev.millrace.worker.intake.GroupIntake;
import dev.millrace.worker.publish.PublishFailure;
import dev.millrace.worker.publish.ResultPublisher;
import dev.millrace.worker.telemetry.StageWatch;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Commits only the contiguous prefix of records whose answers the broker has acknowledged. Answers are on their way
 * while the next batch runs; how many may be is capped, and at the cap the partitions are paused, so that the lane goes
 * on polling and stays in its group.
 */
final class AtLeastOnce implements Delivery {
    /** A paused lane polls at least this often, and so hears of a rebalance. */
    private static final Duration PAUSED_WAIT = Duration.ofMillis(20);
    /** An idle lane is back as soon for replies whose topic was not known when they were made. */
    private static final Duration UNDECIDED_WAIT = Duration.ofMillis(5);

    private final DeliveryPolicy policy;
    private final GroupIntake intake;
    private final ResultPublisher publisher;
    private final Wiring wiring;
    private long settled;

    AtLeastOnce(DeliveryPolicy policy, GroupIntake intake, ResultPublisher publisher, Wiring wiring) {
        this.policy = policy;
        this.intake = intake;
        this.publisher = publisher;
        this.wiring = wiring;
    }

    @Override
    public void join() {
        intake.join(new GroupIntake.Handover() {
            @Override
            public void assigned() {
                wiring.assigned().run();
            }

            @Override
            public void beforeGivingUp(Collection<TopicPartition> partitions) {
                givePartitionsUp(partitions);
            }
        });
    }

    @Override
    public List<ConsumerRecord<byte[], ByteBuffer>> take(Duration wait) {
        noteSettled();
        if (intake.trying()) {
            // A suspect is alone in its turn.
            return List.of();
        }
        if (!pausedAfter(publisher.unacknowledged(), publisher.unacknowledgedBytes())) {
            return intake.take(publisher.undecided() ? UNDECIDED_WAIT : wait);
        }
        // Not inside poll: where everything is paused and something is fetched already, a consumer turns in circles
        // there.
        publisher.awaitRoom(
                policy.maxInFlight() / 2,
                policy.maxInFlightBytes() / 2,
                wait.compareTo(PAUSED_WAIT) > 0 ? PAUSED_WAIT : wait);
        return intake.take(Duration.ZERO);
    }

    /** Pauses at a cap and resumes below half of both, so that it does not flicker. */
    private boolean pausedAfter(int records, long bytes) {
        if (records >= policy.maxInFlight() || bytes >= policy.maxInFlightBytes()) {
            intake.pause();
        } else if (records <= policy.maxInFlight() / 2 && bytes <= policy.maxInFlightBytes() / 2) {
            intake.resume();
        }
        return intake.paused();
    }

    @Override
    public long behind(ConsumerRecord<byte[], ByteBuffer> source) {
        return intake.behind(source);
    }

    @Override
    public ResultPublisher publisher() {
        return publisher;
    }

    @Override
    public void release() {
        publisher.release(intake.crowded());
    }

    @Override
    public void endTurn() {
        if (intake.trying()) {
            publisher.flush();
        } else {
            release();
        }
        noteSettled();
        PublishFailure failure = publisher.takeFailure();
        if (failure != null) {
            // They are read again, after the one that failed.
            publisher.discard();
            hold(failure);
            throw new PublishFailedException(failure);
        }
        intake.tried();
        if (intake.commitDue()) {
            wiring.stages().entering(wiring.lane(), StageWatch.Stage.COMMIT, null);
            intake.commitSoon();
        }
    }

    /** Where only one topic is to blame, the other partitions need not wait for it. */
    private void hold(PublishFailure failure) {
        if (failure.mayBeMissing()) {
            intake.hold(failure.partition(), failure.offset(), failure.destination());
        }
    }

    @Override
    public boolean holding() {
        return intake.holding();
    }

    @Override
    public void settle() {
        publisher.flush();
        noteSettled();
        intake.commitNow(intake.assigned());
    }

    @Override
    public void recover() {
        publisher.flush();
        publisher.takeFailure();
        noteSettled();
        intake.rewind();
    }

    private void givePartitionsUp(Collection<TopicPartition> partitions) {
        wiring.finishInHand().run();
        publisher.awaitAcknowledged(policy.revokeDeadline());
        noteSettled();
        intake.commitNow(partitions);
    }

    private void noteSettled() {
        publisher.drainAcknowledged(done -> {
            intake.acknowledge(done.partition(), done.offset());
            settled++;
        });
    }

    @Override
    public Trust trust(ConsumerRecord<byte[], ByteBuffer> source) {
        return DeliveryPolicy.trust(source.deliveryCount().orElse((short) 1), policy.killerCrashes());
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
        return intake.outstanding();
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
