package dev.millrace.worker.publish;

import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.schemas.wire.WireHeaders;
import dev.millrace.schemas.wire.WireTerms;
import dev.millrace.worker.publish.Oversized.Form;
import dev.millrace.worker.trace.Publication;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;

/**
 * Publishes a lane's terminal records, dead letters and replies, and tells which source records are settled. At-least-once: a
 * source record is settled when everything published for it is acknowledged by the broker.
 *
 * <p>A reply is a copy of a terminal record that a caller waits for. It goes the same way, and its source record waits for it, so that
 * a worker that ends loses no reply; but what cannot be delivered is dropped and counted, and then nobody waits for it. Only a topic that
 * is deleted within a second of being looked at can block the lane, once, for {@code max.block.ms}; only one whose broker does not
 * answer can keep its source record unsettled, for {@code delivery.timeout.ms}, and then gets nothing for ten seconds.
 *
 * <p>Records wait here for {@link #release(boolean)}, because a request to the broker costs about the same for one as for many.
 *
 * <p>Lane thread: every method. Producer's thread: the callbacks, which touch only the queue, the counter and the
 * failure.
 */
public final class ResultPublisher implements AutoCloseable {
    private static final byte[] AVRO = "application/avro".getBytes(StandardCharsets.UTF_8);
    private static final DeadLetter RESULT_TOO_LARGE = new DeadLetter(
            "RESULT_TOO_LARGE",
            "publish",
            "result: larger than the broker takes (expected: below its message.max.bytes)");
    private static final int NOBODY = -1;
    private static final long BULK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(10);
    /** How long a reply waits for the broker to say whether its topic is there. */
    private static final Duration LOOKUP_PATIENCE = Duration.ofSeconds(2);

    private final Producer<byte[], byte @Nullable []> producer;
    private final Destinations destinations;
    private final ResultPartitions partitions;
    private final Replies replies;
    private final LongConsumer publishNanos;
    private final @Nullable Oversized transactional;
    private final WireCodec<InferenceResult> codec;
    private final Queue<Acknowledged> acknowledged = new ConcurrentLinkedQueue<>();
    private final AtomicInteger unacknowledged = new AtomicInteger();
    private final AtomicLong unacknowledgedBytes = new AtomicLong();
    /** How many unacknowledged records the lane waits for, or {@link #NOBODY}. */
    private volatile int wakeAt = NOBODY;

    private final AtomicReference<@Nullable PublishFailure> failure = new AtomicReference<>();

    /** Whether a record of the open transaction has been refused: what fails after it may fail with its error. */
    private final AtomicBoolean blamed = new AtomicBoolean();

    /** Not sent yet. */
    private final List<Outgoing> held = new ArrayList<>();

    /** Replies whose topic is not known yet, by that topic, in their order. */
    private final Map<String, List<Outgoing>> undecided = new LinkedHashMap<>();

    private long releasedNanos = System.nanoTime();

    /**
     * Where the records go and in whose name.
     *
     * @param results topic of terminal records
     * @param deadLetters topic of dead letters
     * @param group consumer group of the worker, for dead letters
     * @param worker worker id, for dead letters
     * @param wire how results are written; shared by the lanes of the worker
     */
    public record Destinations(String results, String deadLetters, String group, String worker, WireTerms wire) {}

    /**
     * Wires the publisher.
     *
     * @param producer owned from here on: closed by {@link #close}; {@code acks=all}
     * @param replies shared by the lanes of the worker
     * @param publishNanos told how long each record took to its acknowledgement; called on the producer's thread
     */
    public ResultPublisher(
            Producer<byte[], byte @Nullable []> producer,
            Destinations destinations,
            Replies replies,
            LongConsumer publishNanos) {
        this(producer, destinations, replies, publishNanos, null);
    }

    /**
     * As above, inside transactions that the caller begins and ends: after a record that is too large nothing more can
     * be sent in its transaction, so that {@code transactional} remembers it for the next.
     *
     * <p>Of each transaction only the first record that the broker refuses is blamed. The producer fails whatever it has not sent
     * by then with the same error, although the broker never saw it; another that deserves it is the first to fail next time.
     */
    public ResultPublisher(
            Producer<byte[], byte @Nullable []> producer,
            Destinations destinations,
            Replies replies,
            LongConsumer publishNanos,
            @Nullable Oversized transactional) {
        this.transactional = transactional;
        this.producer = producer;
        this.destinations = destinations;
        this.codec = new WireCodec<>(InferenceResult.class, destinations.wire());
        this.partitions = new ResultPartitions(producer, destinations.results());
        this.replies = replies;
        this.publishNanos = publishNanos;
    }

    /**
     * Publishes the terminal record of {@code source}, under the source's own key, and its reply where one is wanted.
     *
     * @param letter a dead letter with the source's original bytes that goes with it; null: none
     * @param trace of the request; null: nobody traces it
     */
    public void answer(
            ConsumerRecord<byte[], ByteBuffer> source,
            InferenceResult result,
            @Nullable DeadLetter letter,
            @Nullable Publication trace) {
        Caller caller = Caller.of(source.headers());
        ReplyAddress address = replies.wanted(caller);
        ProducerRecord<byte[], byte @Nullable []> answer = resultRecord(source, result, caller);
        if (trace != null) {
            trace.nameIn(answer.headers());
        }
        Settlement settlement =
                new Settlement(source, 1 + (letter == null ? 0 : 1) + (address == null ? 0 : 1), true, trace);
        hold(settlement, answer, null);
        if (letter != null) {
            hold(settlement, letterRecord(source, letter), null);
        }
        if (address != null) {
            hold(settlement, replyRecord(answer, address), address);
        }
    }

    /**
     * Publishes only a dead letter: {@code source} cannot even be answered.
     *
     * @param trace of the record; null: nobody traces it
     */
    public void keep(ConsumerRecord<byte[], ByteBuffer> source, DeadLetter letter, @Nullable Publication trace) {
        hold(new Settlement(source, 1, false, trace), letterRecord(source, letter), null);
    }

    private ProducerRecord<byte[], byte @Nullable []> resultRecord(
            ConsumerRecord<byte[], ByteBuffer> source, InferenceResult result, Caller caller) {
        // The request's time, as Kafka Streams has it: a broker refuses one that is an hour ahead, and this worker's
        // may be.
        Long time = source.timestamp() < 0 ? null : source.timestamp();
        ProducerRecord<byte[], byte @Nullable []> answer = new ProducerRecord<>(
                destinations.results(),
                partition(source),
                time,
                source.key(),
                codec.encode(result, destinations.results()));
        answer.headers().add(WireHeaders.CONTENT_TYPE, AVRO);
        caller.echoed().forEach(answer.headers()::add);
        return answer;
    }

    private @Nullable Integer partition(ConsumerRecord<byte[], ByteBuffer> source) {
        try {
            return partitions.of(source);
        } catch (RuntimeException e) {
            // Nor could it be sent; to try would block the lane once more.
            fail(source, destinations.results(), e, false);
            return null;
        }
    }

    private static ProducerRecord<byte[], byte @Nullable []> replyRecord(
            ProducerRecord<byte[], byte @Nullable []> answer, ReplyAddress address) {
        return new ProducerRecord<>(
                address.topic(),
                address.partition() == ReplyAddress.ANY ? null : address.partition(),
                answer.timestamp(),
                answer.key(),
                answer.value(),
                answer.headers());
    }

    private ProducerRecord<byte[], byte @Nullable []> letterRecord(
            ConsumerRecord<byte[], ByteBuffer> source, DeadLetter letter) {
        return letter.of(source, destinations.deadLetters(), destinations.group(), destinations.worker());
    }

    /** What is sent for a source record, how much of it, since when, where to if it is a reply, and whether nobody waits any more. */
    private record Outgoing(
            Settlement settlement,
            ProducerRecord<byte[], byte @Nullable []> whole,
            Form form,
            long sinceNanos,
            @Nullable ReplyAddress reply,
            AtomicBoolean ended) {
        Outgoing(
                Settlement settlement,
                ProducerRecord<byte[], byte @Nullable []> whole,
                Form form,
                long sinceNanos,
                @Nullable ReplyAddress reply) {
            this(settlement, whole, form, sinceNanos, reply, new AtomicBoolean());
        }

        /** What it keeps in memory: the answer, and its request, which a dead letter may still need. */
        int bytes() {
            byte[] value = whole.value();
            return Math.max(0, settlement.source.serializedValueSize()) + (value == null ? 0 : value.length);
        }

        Outgoing in(Form smaller) {
            return new Outgoing(settlement, whole, smaller, sinceNanos, reply);
        }
    }

    private void hold(
            Settlement settlement, ProducerRecord<byte[], byte @Nullable []> whole, @Nullable ReplyAddress reply) {
        Form form = transactional == null ? Form.WHOLE : transactional.formOf(settlement.source, whole.topic());
        Outgoing outgoing = new Outgoing(settlement, whole, form, System.nanoTime(), reply);
        inFlight(outgoing);
        held.add(outgoing);
    }

    /** Sends what is held; where {@code more} is about to come, not so soon after the last time. */
    public void release(boolean more) {
        if (!more || System.nanoTime() - releasedNanos >= BULK_NANOS) {
            release();
        }
    }

    private void release() {
        releasedNanos = System.nanoTime();
        if (!undecided.isEmpty()) {
            decide();
        }
        for (Outgoing outgoing : held) {
            if (outgoing.reply() == null) {
                send(outgoing);
            } else {
                sendReply(outgoing, outgoing.reply());
            }
        }
        held.clear();
    }

    /** Sends or drops the replies whose topic has become known, and drops those that have waited for it too long. */
    private void decide() {
        for (String topic : List.copyOf(undecided.keySet())) {
            List<Outgoing> waiting = undecided.remove(topic);
            if (waiting != null) {
                waiting.forEach(outgoing -> sendReply(outgoing, Objects.requireNonNull(outgoing.reply())));
            }
        }
    }

    private void sendReply(Outgoing outgoing, ReplyAddress address) {
        List<Outgoing> before = undecided.get(address.topic());
        ReplyOutcome outcome = before == null ? replies.judge(address) : null;
        if (failure.get() != null) {
            givenUp(outgoing);
        } else if (outgoing.form() != Form.WHOLE) {
            drop(outgoing, ReplyOutcome.TOO_LARGE);
        } else if (outcome == ReplyOutcome.SENT) {
            send(outgoing);
        } else if (outcome != null) {
            drop(outgoing, outcome);
        } else if (System.nanoTime() - outgoing.sinceNanos() >= LOOKUP_PATIENCE.toNanos()) {
            drop(outgoing, ReplyOutcome.LOOKUP_FAILED);
        } else {
            undecided
                    .computeIfAbsent(address.topic(), topic -> new ArrayList<>())
                    .add(outgoing);
        }
    }

    /** Whether replies wait for word of their topic: release soon again. */
    public boolean undecided() {
        return !undecided.isEmpty();
    }

    /** Nobody waits for it any more. */
    private void drop(Outgoing reply, ReplyOutcome why) {
        replies.dropped(why, reply.whole().topic());
        reply.settlement().oneAcknowledged();
        noLongerInFlight(reply);
    }

    /** Releases, and waits until no reply is undecided or {@code limit} has passed. */
    private void awaitDecisions(Duration limit) {
        release();
        long deadline = System.nanoTime() + limit.toNanos();
        for (long left = limit.toNanos();
                left > 0 && !undecided.isEmpty() && !Thread.currentThread().isInterrupted();
                left = deadline - System.nanoTime()) {
            Outgoing first = undecided.values().iterator().next().get(0);
            long patience = first.sinceNanos() + LOOKUP_PATIENCE.toNanos() - System.nanoTime();
            replies.await(
                    Objects.requireNonNull(first.reply()), Duration.ofNanos(Math.max(1, Math.min(left, patience))));
            decide();
        }
    }

    /** Forgets what is held: its source records are not settled, and must be read again. */
    public void discard() {
        held.forEach(this::givenUp);
        held.clear();
        undecided.values().forEach(waiting -> waiting.forEach(this::givenUp));
        undecided.clear();
    }

    /** Without a word from the broker: its source record will be read again. */
    private void givenUp(Outgoing outgoing) {
        outgoing.settlement().failed("NOT_SENT", "given up with its turn (expected: an acknowledgement)");
        noLongerInFlight(outgoing);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // The callback says the same, in order.
    private void send(Outgoing outgoing) {
        if (failure.get() != null) {
            // The turn has failed and will be read again: waiting for the broker once more would gain nothing.
            givenUp(outgoing);
            return;
        }
        ProducerRecord<byte[], byte @Nullable []> message = inForm(outgoing);
        try {
            producer.send(message, (metadata, problem) -> {
                if (problem == null) {
                    publishNanos.accept(System.nanoTime() - outgoing.sinceNanos());
                    acknowledged(outgoing);
                } else {
                    refused(outgoing, message.topic(), problem);
                }
                noLongerInFlight(outgoing);
            });
        } catch (RuntimeException e) {
            // The producer may have it all the same, and call back, where the transaction had just failed.
            noLongerInFlight(outgoing);
            fail(outgoing, message.topic(), e);
        }
    }

    private void refused(Outgoing outgoing, String topic, Exception problem) {
        boolean own = transactional == null || blamed.compareAndSet(false, true);
        if (!own) {
            // It is read again after the abort; what comes of it then is not known yet.
            fail(outgoing, topic, problem);
        } else if (outgoing.reply() != null) {
            replyFailed(outgoing, problem);
        } else if (problem instanceof RecordTooLargeException && outgoing.form() != Form.BARE) {
            tooLarge(outgoing, problem);
        } else {
            fail(outgoing, topic, problem);
        }
    }

    private void acknowledged(Outgoing outgoing) {
        if (outgoing.reply() != null) {
            replies.sent();
        }
        outgoing.settlement().oneAcknowledged();
    }

    /**
     * A reply that the broker does not take is dropped: outside of transactions at once, within one when its source record is read
     * again after the abort.
     */
    private void replyFailed(Outgoing reply, Exception problem) {
        if (transactional == null && failure.get() != null) {
            // The turn has failed and will be read again, and this with it.
            givenUp(reply);
            return;
        }
        String topic = reply.whole().topic();
        boolean tooLarge = problem instanceof RecordTooLargeException;
        boolean ofTopic = PublishFailure.isOf(problem);
        if (ofTopic && (!tooLarge || transactional != null)) {
            // A topic that takes nothing should not cost a transaction for each reply.
            replies.shun(topic);
        }
        if (ofTopic && transactional == null) {
            drop(reply, tooLarge ? ReplyOutcome.TOO_LARGE : ReplyOutcome.FAILED);
            return;
        }
        if (tooLarge && transactional != null) {
            transactional.remember(reply.settlement().source, topic, Form.BARE);
        }
        fail(reply, topic, problem);
    }

    private void fail(Outgoing outgoing, String destination, Exception problem) {
        outgoing.settlement().failed(problem.getClass().getName(), String.valueOf(problem.getMessage()));
        fail(outgoing.settlement().source, destination, problem, outgoing.reply() != null);
    }

    private void fail(
            ConsumerRecord<byte[], ByteBuffer> source, String destination, Exception problem, boolean ofReply) {
        failure.compareAndSet(
                null,
                new PublishFailure(
                        new TopicPartition(source.topic(), source.partition()),
                        source.offset(),
                        destination,
                        problem,
                        ofReply));
    }

    private void tooLarge(Outgoing outgoing, Exception problem) {
        Form smaller = outgoing.form() == Form.WHOLE ? Form.WITHOUT_PAYLOAD : Form.BARE;
        if (transactional == null) {
            Outgoing again = outgoing.in(smaller);
            inFlight(again);
            send(again);
        } else {
            transactional.remember(
                    outgoing.settlement().source, outgoing.whole().topic(), smaller);
            fail(outgoing, outgoing.whole().topic(), problem);
        }
    }

    private ProducerRecord<byte[], byte @Nullable []> inForm(Outgoing outgoing) {
        return switch (outgoing.form()) {
            case WHOLE -> outgoing.whole();
            case WITHOUT_PAYLOAD -> DeadLetter.withoutPayload(letterFor(outgoing));
            case BARE -> DeadLetter.bare(DeadLetter.withoutPayload(letterFor(outgoing)));
        };
    }

    /** The dead letter that stands for a record that is too large, whether that is a letter itself or a result. */
    private ProducerRecord<byte[], byte @Nullable []> letterFor(Outgoing outgoing) {
        boolean isLetter = outgoing.whole().topic().equals(destinations.deadLetters());
        return isLetter ? outgoing.whole() : letterRecord(outgoing.settlement().source, RESULT_TOO_LARGE);
    }

    private void inFlight(Outgoing outgoing) {
        unacknowledged.incrementAndGet();
        unacknowledgedBytes.addAndGet(outgoing.bytes());
    }

    private void noLongerInFlight(Outgoing outgoing) {
        if (!outgoing.ended().compareAndSet(false, true)) {
            return;
        }
        unacknowledgedBytes.addAndGet(-outgoing.bytes());
        if (unacknowledged.decrementAndGet() <= wakeAt) {
            synchronized (unacknowledged) {
                unacknowledged.notifyAll();
            }
        }
    }

    /** Hands every source record that was settled since the last call to {@code ledger}. */
    public void drainAcknowledged(Consumer<Acknowledged> ledger) {
        for (Acknowledged next = acknowledged.poll(); next != null; next = acknowledged.poll()) {
            ledger.accept(next);
        }
    }

    /** How many records wait for their acknowledgement, held ones included. */
    public int unacknowledged() {
        return unacknowledged.get();
    }

    /** Bytes of requests and answers that wait for their acknowledgement. */
    public long unacknowledgedBytes() {
        return unacknowledgedBytes.get();
    }

    /** Releases, and waits until everything is acknowledged or has failed, or {@code limit} has passed. */
    public void awaitAcknowledged(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        awaitDecisions(limit);
        awaitRoom(0, Long.MAX_VALUE, Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
    }

    /**
     * Releases, and waits until no more than this waits for its acknowledgement, or {@code limit} has passed.
     *
     * @param records at most
     * @param bytes at most, of requests and answers
     */
    public void awaitRoom(int records, long bytes, Duration limit) {
        release();
        long deadline = System.nanoTime() + limit.toNanos();
        synchronized (unacknowledged) {
            wakeAt = records;
            for (long left = limit.toNanos();
                    left > 0 && (unacknowledged.get() > records || unacknowledgedBytes.get() > bytes);
                    left = deadline - System.nanoTime()) {
                try {
                    TimeUnit.NANOSECONDS.timedWait(unacknowledged, left);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    break;
                }
            }
            wakeAt = NOBODY;
        }
    }

    /** Releases, and waits until everything is acknowledged or has failed; bounded by {@code delivery.timeout.ms}. */
    public void flush() {
        awaitDecisions(LOOKUP_PATIENCE.multipliedBy(2));
        do {
            producer.flush();
            // A callback may have sent a smaller form of its record after the flush had begun.
        } while (unacknowledged.get() > 0);
    }

    /** The first failure since the last call, or null. What it belonged to is not settled and must be read again. */
    public @Nullable PublishFailure takeFailure() {
        return failure.getAndSet(null);
    }

    /** The transaction is aborted, and everything of it has come back. */
    public void transactionOver() {
        failure.set(null);
        blamed.set(false);
    }

    /** Closes the producer at once, whatever is on its way. */
    public void abandon() {
        producer.close(Duration.ZERO);
    }

    /** Flushes and closes the producer. */
    @Override
    public void close() {
        producer.close(CLOSE_PATIENCE);
    }

    /** Counts the acknowledgements that one source record waits for. Producer's thread once sent. */
    private final class Settlement {
        private final ConsumerRecord<byte[], ByteBuffer> source;
        private final boolean answered;
        private final @Nullable Publication trace;
        private final AtomicInteger missing;

        Settlement(
                ConsumerRecord<byte[], ByteBuffer> source, int records, boolean answered, @Nullable Publication trace) {
            this.source = source;
            this.answered = answered;
            this.trace = trace;
            missing = new AtomicInteger(records);
        }

        void oneAcknowledged() {
            if (missing.decrementAndGet() == 0) {
                acknowledged.add(new Acknowledged(
                        new TopicPartition(source.topic(), source.partition()), source.offset(), answered));
                if (trace != null) {
                    trace.acknowledged();
                }
            }
        }

        /** The source record will be read again. */
        void failed(String type, String message) {
            if (trace != null) {
                trace.failed(type, message);
            }
        }
    }
}
