package dev.millrace.worker.delivery;

import dev.millrace.worker.intake.GroupIntake;
import dev.millrace.worker.intake.Quarantine;
import dev.millrace.worker.intake.ShareIntake;
import dev.millrace.worker.publish.Replies;
import dev.millrace.worker.publish.ResultPublisher;
import dev.millrace.worker.telemetry.StageWatch;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Where a lane's records come from and when they are settled. A turn of the lane is {@link #take}, answers through
 * {@link #publisher}, {@link #endTurn}; after a turn that threw, {@link #recover} comes before the next. Lane thread
 * only.
 */
public sealed interface Delivery extends AutoCloseable permits AtLeastOnce, ExactlyOnce, Queue {
    /**
     * What the lane gives a delivery to work with.
     *
     * @param lane its number, for {@link StageWatch}
     * @param requests topic the records come from
     * @param batch most images of a session run: a {@link #take} of a consumer group gives out no more records
     * @param replies shared by the lanes of the worker
     * @param finishInHand answers everything that was taken and not yet answered; called inside {@link #take} before
     *     partitions are given up
     * @param quarantine shared by the lanes of the worker
     * @param assigned told, inside {@link #take}, each time the consumer group has decided what the lane reads; never in a
     *     share group
     * @param publishNanos told how long each record took to its acknowledgement; called on the producer's thread
     */
    record Wiring(
            int lane,
            String requests,
            int batch,
            ResultPublisher.Destinations destinations,
            Replies replies,
            Runnable finishInHand,
            Runnable assigned,
            LongConsumer publishNanos,
            Quarantine quarantine,
            StageWatch stages) {}

    /** The delivery of {@code policy}'s mode, with clients of its own. */
    static Delivery of(DeliveryPolicy policy, Clients clients, Wiring wiring) {
        return switch (policy.mode()) {
            case AT_LEAST_ONCE -> new AtLeastOnce(policy, group(clients, wiring), publisher(clients, wiring), wiring);
            case EXACTLY_ONCE -> new ExactlyOnce(policy, group(clients, wiring), clients::producer, wiring);
            case QUEUE ->
                new Queue(
                        policy,
                        new ShareIntake(
                                clients::shareMember, wiring.requests(), clients.shareTerms(), wiring.quarantine()),
                        publisher(clients, wiring),
                        wiring);
        };
    }

    private static GroupIntake group(Clients clients, Wiring wiring) {
        return new GroupIntake(clients::groupMember, wiring.requests(), wiring.batch(), wiring.quarantine());
    }

    private static ResultPublisher publisher(Clients clients, Wiring wiring) {
        return new ResultPublisher(clients.producer(), wiring.destinations(), wiring.replies(), wiring.publishNanos());
    }

    /** Joins the group: records come from the next {@link #take} on. */
    void join();

    /**
     * What has arrived: as soon as there is anything, or nothing after {@code wait}. May call back to finish what is in
     * hand.
     *
     * @return valid until the next call
     */
    List<ConsumerRecord<byte[], ByteBuffer>> take(Duration wait);

    /** What is still to be done with a record that may have ended workers. */
    enum Trust {
        /** Answer it as any other. */
        WHOLE,
        /** Its image and the model are not touched any more: answer that it failed. */
        ENVELOPE,
        /** Not even its envelope is decoded: keep it as a dead letter. */
        NONE
    }

    /**
     * How far the record is trusted, after what happened to the workers that had it before.
     *
     * @param source as {@link #take} gave it; its delivery count is the try that this would be
     */
    Trust trust(ConsumerRecord<byte[], ByteBuffer> source);

    /**
     * How many records are behind this one in its partition.
     *
     * @param source of the last {@link #take}
     */
    long behind(ConsumerRecord<byte[], ByteBuffer> source);

    /**
     * The record cannot be judged now: it stays unsettled, whatever else the turn answers is settled with it, and the turn must fail
     * after {@link #endTurn}. Where the lane owns partitions, nothing more is taken from this one before {@code ready}; in a share
     * group the lane has the record again at once.
     *
     * @param ready whether it can be judged; asked now and then, and must not wait
     */
    void defer(ConsumerRecord<byte[], ByteBuffer> source, BooleanSupplier ready);

    /** Whether the record comes after one that was deferred in this turn, and has to be answered after it. */
    boolean waits(ConsumerRecord<byte[], ByteBuffer> source);

    /** Where this turn's answers go. Ask again after every {@link #take} and {@link #recover}. */
    ResultPublisher publisher();

    /** Lets answers go that were given to the {@link #publisher}: at once, or in bulk while the lane is far behind. */
    void release();

    /**
     * Settles what is due.
     *
     * @throws PublishFailedException when an answer could not be published
     */
    void endTurn();

    /** Whether partitions wait for something to be mended while turns go on with the others. */
    boolean holding();

    /** Settles everything that was answered: nothing is owed afterwards. */
    void settle();

    /** Goes back to the first record that is not settled. */
    void recover();

    /** Partitions that the lane reads from now, ascending. */
    List<Integer> partitions();

    /** Records that each of them is behind, where the mode can tell; at most a second old. */
    Map<Integer, Long> lags();

    /** Records taken and not yet settled. */
    int outstanding();

    /** Records settled since the start. */
    long settled();

    /** As {@link #close}, for a lane that cannot be trusted any more: the next owner finds a crash. */
    void abandon();

    /** Leaves the group and closes the clients. */
    @Override
    void close();
}
