package dev.millrace.worker.delivery;

import dev.millrace.worker.intake.ShareIntake;
import dev.millrace.worker.publish.Acknowledged;
import dev.millrace.worker.publish.PublishFailure;
import dev.millrace.worker.publish.ResultPublisher;
import dev.millrace.worker.telemetry.StageWatch;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * A share group: lanes share the records of a partition, and each record is acknowledged for itself once the broker has its
 * answer. A turn settles what it took before the next one takes. There is no order, and a record whose lane ends, or whose
 * lock does, is answered by another lane, too.
 */
final class Queue implements Delivery {
    private final DeliveryPolicy policy;
    private final ShareIntake intake;
    private final ResultPublisher publisher;
    private final Wiring wiring;

    /** Taken in this turn and not settled, by what their acknowledgement will say. */
    private final Map<Position, ConsumerRecord<byte[], ByteBuffer>> inTurn = new LinkedHashMap<>();

    private long settled;

    private record Position(TopicPartition partition, long offset) {}

    Queue(DeliveryPolicy policy, ShareIntake intake, ResultPublisher publisher, Wiring wiring) {
        this.policy = policy;
        this.intake = intake;
        this.publisher = publisher;
        this.wiring = wiring;
    }

    @Override
    public void join() {
        intake.join();
    }

    @Override
    public List<ConsumerRecord<byte[], ByteBuffer>> take(Duration wait) {
        if (!inTurn.isEmpty()) {
            // The group gives out nothing more before these are acknowledged.
            return List.of();
        }
        List<ConsumerRecord<byte[], ByteBuffer>> taken = intake.take(wait);
        taken.forEach(source -> inTurn.put(
                new Position(new TopicPartition(source.topic(), source.partition()), source.offset()), source));
        return taken;
    }

    /**
     * The broker counts deliveries, and not whether the record was alone at the end of its lane: what came in company is
     * tried, however often it was delivered.
     */
    @Override
    public Trust trust(ConsumerRecord<byte[], ByteBuffer> source) {
        int before = source.deliveryCount().orElse((short) 1) - 1;
        return intake.inCompany(source) ? Trust.WHOLE : DeliveryPolicy.trust(before, policy.killerCrashes());
    }

    /** Not known: a share group has no position in a partition. */
    @Override
    public long behind(ConsumerRecord<byte[], ByteBuffer> source) {
        return 0;
    }

    @Override
    public ResultPublisher publisher() {
        return publisher;
    }

    @Override
    public void release() {
        publisher.release(false);
    }

    @Override
    public void endTurn() {
        publisher.flush();
        noteSettled();
        PublishFailure failure = publisher.takeFailure();
        if (failure != null) {
            throw new PublishFailedException(failure);
        }
        wiring.stages().entering(wiring.lane(), StageWatch.Stage.COMMIT, null);
        intake.settled();
    }

    private void noteSettled() {
        publisher.drainAcknowledged(this::acknowledge);
    }

    private void acknowledge(Acknowledged done) {
        ConsumerRecord<byte[], ByteBuffer> source = inTurn.remove(new Position(done.partition(), done.offset()));
        if (source == null) {
            return;
        }
        if (done.answered()) {
            intake.accept(source);
        } else {
            intake.reject(source);
        }
        settled++;
    }

    /** Never: what could not be settled is what the next turn takes. */
    @Override
    public boolean holding() {
        return false;
    }

    @Override
    public void settle() {
        putBack();
        intake.release();
    }

    @Override
    public void recover() {
        putBack();
        intake.recover();
    }

    private void putBack() {
        publisher.flush();
        noteSettled();
        publisher.takeFailure();
        intake.putBack(inTurn.values());
        inTurn.clear();
    }

    /** Others go first: what is not settled is given out again, and there is no order. */
    @Override
    public void defer(ConsumerRecord<byte[], ByteBuffer> source, BooleanSupplier ready) {}

    @Override
    public boolean waits(ConsumerRecord<byte[], ByteBuffer> source) {
        return false;
    }

    @Override
    public List<Integer> partitions() {
        return intake.partitions();
    }

    /** None: which records of a partition are still to be delivered is the broker's to know. */
    @Override
    public Map<Integer, Long> lags() {
        return Map.of();
    }

    @Override
    public int outstanding() {
        return inTurn.size() + intake.waiting();
    }

    @Override
    public long settled() {
        return settled;
    }

    /** Nothing is acknowledged that was not before: the broker counts one more delivery of what this lane had. */
    @Override
    public void abandon() {
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
