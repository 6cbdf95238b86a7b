package dev.millrace.worker.intake;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicIdPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lane's membership in a share group. The broker locks each record for the lane that has it; whatever is not acknowledged
 * when the lock ends, or the lane does, goes to another. Lane thread only.
 *
 * @see <a href="https://cwiki.apache.org/confluence/display/KAFKA/KIP-932%3A+Queues+for+Kafka">KIP-932</a>
 */
public final class ShareIntake implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ShareIntake.class);

    /** Kafka's default, until the broker has said. */
    private static final int LOCK_MS = 30_000;

    private static final Duration COMMIT_PATIENCE = Duration.ofSeconds(5);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

    /** While another lane of this worker tries a suspect, which takes about as long. */
    private static final long QUARANTINE_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** The weight of the last turn in what a record is expected to take. */
    private static final double PACE_WEIGHT = 0.25;

    private final Supplier<ShareConsumer<byte[], ByteBuffer>> members;
    private final String topic;
    private final ShareTerms terms;
    private final Quarantine quarantine;
    private final Set<Integer> partitions = new TreeSet<>();
    private ShareConsumer<byte[], ByteBuffer> consumer;
    private Acquisition<ByteBuffer> acquisition =
            new Acquisition<>(List.of(), System.nanoTime(), Duration.ZERO, Set.of());
    private Set<Acquisition.Position> renewedCompany = Set.of();
    private Optional<Long> pace = Optional.empty();
    private int handed;
    private long handedAtNanos;
    private boolean trying;
    private boolean broken;

    /**
     * Wires the intake; nothing is read before {@link #join}.
     *
     * @param members makes the consumer, with explicit acknowledgement; closed by {@link #close}
     * @param topic the requests topic
     * @param quarantine shared by the lanes of the worker
     */
    public ShareIntake(
            Supplier<ShareConsumer<byte[], ByteBuffer>> members,
            String topic,
            ShareTerms terms,
            Quarantine quarantine) {
        this.members = members;
        this.consumer = members.get();
        this.topic = topic;
        this.terms = terms;
        this.quarantine = quarantine;
    }

    /** Joins the group. */
    public void join() {
        consumer.setAcknowledgementCommitCallback(ShareIntake::acknowledged);
        consumer.subscribe(List.of(topic));
    }

    /** Lane thread, inside poll, commit and close. */
    private static void acknowledged(Map<TopicIdPartition, Set<Long>> offsets, Exception failure) {
        if (failure != null) {
            log.atWarn()
                    .addKeyValue(
                            "records",
                            offsets.values().stream().mapToInt(Set::size).sum())
                    .addKeyValue("error", failure)
                    .log("acknowledgements refused, these records are delivered again");
        }
    }

    /**
     * What has arrived: as soon as there is anything, or nothing after {@code wait}. A record that has been delivered before
     * comes alone. Everything that the last call gave must be acknowledged, or {@link #putBack}.
     *
     * @return as many as the lane is likely to settle in a third of the time that the broker locks them for
     */
    public List<ConsumerRecord<byte[], ByteBuffer>> take(Duration wait) {
        if (!acquisition.isEmpty() && acquisition.renewalDue(System.nanoTime())) {
            renew();
        }
        if (acquisition.isEmpty()) {
            acquisition = poll(wait);
        }
        if (acquisition.nextIsSuspect()) {
            if (!quarantine.enter(this)) {
                LockSupport.parkNanos(QUARANTINE_WAIT_NANOS);
                return List.of();
            }
            trying = true;
        }
        List<ConsumerRecord<byte[], ByteBuffer>> next = acquisition.next(pace);
        handed = next.size();
        handedAtNanos = System.nanoTime();
        return next;
    }

    private Acquisition<ByteBuffer> poll(Duration wait) {
        try {
            Iterable<ConsumerRecord<byte[], ByteBuffer>> polled = consumer.poll(wait);
            polled.forEach(record -> partitions.add(record.partition()));
            int lockMs = consumer.acquisitionLockTimeoutMs().orElse(LOCK_MS);
            Set<Acquisition.Position> company = renewedCompany;
            renewedCompany = Set.of();
            return new Acquisition<>(polled, System.nanoTime(), Duration.ofMillis(lockMs), company);
        } catch (KafkaException | IllegalStateException e) {
            // It may hold records that it did not hand out, and would not poll again before they are acknowledged.
            broken = true;
            throw e;
        }
    }

    /** Locks what is not handed out anew: the next poll brings it again. Where the group has no renewal, others get it. */
    private void renew() {
        boolean expired = acquisition.expired(System.nanoTime());
        AcknowledgeType type = terms.renews() && !expired ? AcknowledgeType.RENEW : AcknowledgeType.RELEASE;
        acquisition.takeAll().forEach(record -> consumer.acknowledge(record, type));
        renewedCompany = acquisition.company();
        consumer.commitSync(COMMIT_PATIENCE);
    }

    /** Whether the record last taken had been delivered before, and is alone. */
    public boolean trying() {
        return trying;
    }

    /** Whether records that had been delivered as often came with this one. */
    public boolean inCompany(ConsumerRecord<byte[], ByteBuffer> source) {
        return acquisition.inCompany(source);
    }

    /** The record has its result: no lane gets it again. */
    public void accept(ConsumerRecord<byte[], ByteBuffer> source) {
        consumer.acknowledge(source, AcknowledgeType.ACCEPT);
    }

    /**
     * The record has a dead letter and no result: no lane gets it again. A broker that would write a second letter is told
     * that it was accepted.
     */
    public void reject(ConsumerRecord<byte[], ByteBuffer> source) {
        consumer.acknowledge(source, terms.keepsRejected() ? AcknowledgeType.ACCEPT : AcknowledgeType.REJECT);
    }

    /** Takes records back that could not be settled: they are given out again, and to this lane, while its lock lasts. */
    public void putBack(Collection<ConsumerRecord<byte[], ByteBuffer>> unsettled) {
        acquisition.putBack(List.copyOf(unsettled));
        if (!broken) {
            // What is acknowledged must not wait for the end of a back-off, nor travel with renewals.
            consumer.commitAsync();
        }
        tried();
    }

    /**
     * Everything that was given out is acknowledged. The broker hears of it with the next poll; at once when that is not the
     * next thing to come, or when the worker may end with it.
     */
    public void settled() {
        if (handed > 0) {
            long each = (System.nanoTime() - handedAtNanos) / handed;
            pace = Optional.of(pace.map(before -> Math.round(before + PACE_WEIGHT * (each - before)))
                    .orElse(each));
            handed = 0;
        }
        if (trying) {
            consumer.commitSync(COMMIT_PATIENCE);
        } else if (!acquisition.isEmpty()) {
            consumer.commitAsync();
        }
        tried();
    }

    private void tried() {
        trying = false;
        quarantine.leave(this);
    }

    /** Replaces a consumer that could not poll; others get what it held. */
    public void recover() {
        if (broken) {
            acquisition.takeAll();
            consumer.close(Duration.ZERO);
            consumer = members.get();
            join();
            broken = false;
        }
    }

    /**
     * Lets others have what was not given out, and waits for the broker to know of everything that is acknowledged.
     *
     * @throws KafkaException when it does not
     */
    public void release() {
        acquisition.takeAll().forEach(record -> consumer.acknowledge(record, AcknowledgeType.RELEASE));
        consumer.commitSync(COMMIT_PATIENCE)
                .values()
                .forEach(refused -> refused.ifPresent(e -> {
                    throw e;
                }));
    }

    /** Partitions that records came from since the start, ascending: every lane of a share group may read from all. */
    public List<Integer> partitions() {
        return List.copyOf(partitions);
    }

    /** Records that are locked for this lane and not given out. */
    public int waiting() {
        return acquisition.size();
    }

    /** Leaves the group; what is not acknowledged goes to others. */
    @Override
    public void close() {
        tried();
        consumer.close(CLOSE_PATIENCE);
    }
}
