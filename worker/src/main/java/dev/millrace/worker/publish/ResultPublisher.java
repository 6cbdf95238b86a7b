package dev.millrace.worker.publish;

import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.schemas.wire.WireHeaders;
import dev.millrace.worker.publish.Oversized.Form;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
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
 * Publishes a lane's terminal records and dead letters, and tells which source records are settled. At-least-once: a
 * source record is settled when everything published for it is acknowledged by the broker.
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

    private final Producer<byte[], byte @Nullable []> producer;
    private final Destinations destinations;
    private final LongConsumer publishNanos;
    private final @Nullable Oversized transactional;
    private final WireCodec<InferenceResult> codec = new WireCodec<>(InferenceResult.class);
    private final Queue<Acknowledged> acknowledged = new ConcurrentLinkedQueue<>();
    private final AtomicInteger unacknowledged = new AtomicInteger();
    private final AtomicLong unacknowledgedBytes = new AtomicLong();
    /** How many unacknowledged records the lane waits for, or {@link #NOBODY}. */
    private volatile int wakeAt = NOBODY;

    private final AtomicReference<@Nullable PublishFailure> failure = new AtomicReference<>();

    /** Not sent yet. */
    private final List<Outgoing> held = new ArrayList<>();

    private long releasedNanos = System.nanoTime();

    /**
     * Where the records go and in whose name.
     *
     * @param results topic of terminal records
     * @param deadLetters topic of dead letters
     * @param group consumer group of the worker, for dead letters
     * @param worker worker id, for dead letters
     */
    public record Destinations(String results, String deadLetters, String group, String worker) {}

    /**
     * Wires the publisher.
     *
     * @param producer owned from here on: closed by {@link #close}; {@code acks=all}
     * @param publishNanos told how long each record took to its acknowledgement; called on the producer's thread
     */
    public ResultPublisher(
            Producer<byte[], byte @Nullable []> producer, Destinations destinations, LongConsumer publishNanos) {
        this(producer, destinations, publishNanos, null);
    }

    /**
     * As above, inside transactions that the caller begins and ends: after a record that is too large nothing more can
     * be sent in its transaction, so that {@code transactional} remembers it for the next.
     */
    public ResultPublisher(
            Producer<byte[], byte @Nullable []> producer,
            Destinations destinations,
            LongConsumer publishNanos,
            @Nullable Oversized transactional) {
        this.transactional = transactional;
        this.producer = producer;
        this.destinations = destinations;
        this.publishNanos = publishNanos;
    }

    /** Publishes the terminal record of {@code source}, under the source's own key. */
    public void answer(ConsumerRecord<byte[], ByteBuffer> source, InferenceResult result) {
        hold(new Settlement(source, 1, true), resultRecord(source, result));
    }

    /** Publishes the terminal record of {@code source} and a dead letter with its original bytes. */
    public void answerAndKeep(ConsumerRecord<byte[], ByteBuffer> source, InferenceResult result, DeadLetter letter) {
        Settlement settlement = new Settlement(source, 2, true);
        hold(settlement, resultRecord(source, result));
        hold(settlement, letterRecord(source, letter));
    }

    /** Publishes only a dead letter: {@code source} cannot even be answered. */
    public void keep(ConsumerRecord<byte[], ByteBuffer> source, DeadLetter letter) {
        hold(new Settlement(source, 1, false), letterRecord(source, letter));
    }

    private ProducerRecord<byte[], byte @Nullable []> resultRecord(
            ConsumerRecord<byte[], ByteBuffer> source, InferenceResult result) {
        // The request's time, as Kafka Streams has it: a broker refuses one that is an hour ahead, and this worker's
        // may be.
        Long time = source.timestamp() < 0 ? null : source.timestamp();
        ProducerRecord<byte[], byte @Nullable []> answer =
                new ProducerRecord<>(destinations.results(), null, time, source.key(), codec.encode(result));
        answer.headers().add(WireHeaders.CONTENT_TYPE, AVRO);
        return answer;
    }

    private ProducerRecord<byte[], byte @Nullable []> letterRecord(
            ConsumerRecord<byte[], ByteBuffer> source, DeadLetter letter) {
        return letter.of(source, destinations.deadLetters(), destinations.group(), destinations.worker());
    }

    /** What is sent for a source record, how much of it, and since when. */
    private record Outgoing(
            Settlement settlement, ProducerRecord<byte[], byte @Nullable []> whole, Form form, long sinceNanos) {
        /** What it keeps in memory: the answer, and its request, which a dead letter may still need. */
        int bytes() {
            byte[] value = whole.value();
            return Math.max(0, settlement.source.serializedValueSize()) + (value == null ? 0 : value.length);
        }

        Outgoing in(Form smaller) {
            return new Outgoing(settlement, whole, smaller, sinceNanos);
        }
    }

    private void hold(Settlement settlement, ProducerRecord<byte[], byte @Nullable []> whole) {
        Form form = transactional == null ? Form.WHOLE : transactional.formOf(settlement.source, whole.topic());
        Outgoing outgoing = new Outgoing(settlement, whole, form, System.nanoTime());
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
        held.forEach(this::send);
        held.clear();
    }

    /** Forgets what is held: its source records are not settled, and must be read again. */
    public void discard() {
        held.forEach(this::noLongerInFlight);
        held.clear();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // The callback says the same, in order.
    private void send(Outgoing outgoing) {
        if (failure.get() != null) {
            // The turn has failed and will be read again: waiting for the broker once more would gain nothing.
            noLongerInFlight(outgoing);
            return;
        }
        ProducerRecord<byte[], byte @Nullable []> message = inForm(outgoing);
        try {
            producer.send(message, (metadata, problem) -> {
                if (problem == null) {
                    publishNanos.accept(System.nanoTime() - outgoing.sinceNanos());
                    outgoing.settlement().oneAcknowledged();
                } else if (problem instanceof RecordTooLargeException && outgoing.form() != Form.BARE) {
                    tooLarge(outgoing, problem);
                } else {
                    fail(outgoing, message.topic(), problem);
                }
                noLongerInFlight(outgoing);
            });
        } catch (RuntimeException e) {
            noLongerInFlight(outgoing);
            fail(outgoing, message.topic(), e);
        }
    }

    private void fail(Outgoing outgoing, String destination, Exception problem) {
        ConsumerRecord<byte[], ByteBuffer> source = outgoing.settlement().source;
        failure.compareAndSet(
                null,
                new PublishFailure(
                        new TopicPartition(source.topic(), source.partition()), source.offset(), destination, problem));
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
        awaitRoom(0, Long.MAX_VALUE, limit);
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
        release();
        do {
            producer.flush();
            // A callback may have sent a smaller form of its record after the flush had begun.
        } while (unacknowledged.get() > 0);
    }

    /** The first failure since the last call, or null. What it belonged to is not settled and must be read again. */
    public @Nullable PublishFailure takeFailure() {
        return failure.getAndSet(null);
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
        private final AtomicInteger missing;

        Settlement(ConsumerRecord<byte[], ByteBuffer> source, int records, boolean answered) {
            this.source = source;
            this.answered = answered;
            missing = new AtomicInteger(records);
        }

        void oneAcknowledged() {
            if (missing.decrementAndGet() == 0) {
                acknowledged.add(new Acknowledged(
                        new TopicPartition(source.topic(), source.partition()), source.offset(), answered));
            }
        }
    }
}
