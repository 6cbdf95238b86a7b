package dev.millrace.worker.publish;

import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.schemas.wire.WireHeaders;
import dev.millrace.worker.publish.Oversized.Form;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
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
        send(new Settlement(source, 1, true), resultRecord(source, result));
    }

    /** Publishes the terminal record of {@code source} and a dead letter with its original bytes. */
    public void answerAndKeep(ConsumerRecord<byte[], ByteBuffer> source, InferenceResult result, DeadLetter letter) {
        Settlement settlement = new Settlement(source, 2, true);
        send(settlement, resultRecord(source, result));
        send(settlement, letterRecord(source, letter));
    }

    /** Publishes only a dead letter: {@code source} cannot even be answered. */
    public void keep(ConsumerRecord<byte[], ByteBuffer> source, DeadLetter letter) {
        send(new Settlement(source, 1, false), letterRecord(source, letter));
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

    /** What is sent for a source record, and how much of it. */
    private record Outgoing(Settlement settlement, ProducerRecord<byte[], byte @Nullable []> whole, Form form) {}

    private void send(Settlement settlement, ProducerRecord<byte[], byte @Nullable []> whole) {
        Form form = transactional == null ? Form.WHOLE : transactional.formOf(settlement.source, whole.topic());
        send(new Outgoing(settlement, whole, form));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // The callback says the same, in order.
    private void send(Outgoing outgoing) {
        if (failure.get() != null) {
            // The turn has failed and will be read again: waiting for the broker once more would gain nothing.
            return;
        }
        ProducerRecord<byte[], byte @Nullable []> message = inForm(outgoing);
        int bytes = sizeOf(outgoing.settlement().source, message);
        unacknowledged.incrementAndGet();
        unacknowledgedBytes.addAndGet(bytes);
        long sentNanos = System.nanoTime();
        try {
            producer.send(message, (metadata, problem) -> {
                if (problem == null) {
                    publishNanos.accept(System.nanoTime() - sentNanos);
                    outgoing.settlement().oneAcknowledged();
                } else if (problem instanceof RecordTooLargeException && outgoing.form() != Form.BARE) {
                    tooLarge(outgoing, problem);
                } else {
                    fail(outgoing, message.topic(), problem);
                }
                noLongerInFlight(bytes);
            });
        } catch (RuntimeException e) {
            noLongerInFlight(bytes);
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
            send(new Outgoing(outgoing.settlement(), outgoing.whole(), smaller));
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

    /** What a record in flight keeps in memory: its answer, and its request, which a dead letter may still need. */
    private static int sizeOf(
            ConsumerRecord<byte[], ByteBuffer> source, ProducerRecord<byte[], byte @Nullable []> message) {
        byte[] value = message.value();
        return Math.max(0, source.serializedValueSize()) + (value == null ? 0 : value.length);
    }

    private void noLongerInFlight(int bytes) {
        unacknowledgedBytes.addAndGet(-bytes);
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

    /** How many records wait for their acknowledgement. */
    public int unacknowledged() {
        return unacknowledged.get();
    }

    /** Bytes of requests and answers that wait for their acknowledgement. */
    public long unacknowledgedBytes() {
        return unacknowledgedBytes.get();
    }

    /** Waits until everything published is acknowledged or has failed, or {@code limit} has passed. */
    public void awaitAcknowledged(Duration limit) {
        awaitRoom(0, Long.MAX_VALUE, limit);
    }

    /**
     * Waits until no more than this waits for its acknowledgement, or {@code limit} has passed.
     *
     * @param records at most
     * @param bytes at most, of requests and answers
     */
    public void awaitRoom(int records, long bytes, Duration limit) {
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

    /** Waits until everything published is acknowledged or has failed; bounded by {@code delivery.timeout.ms}. */
    public void flush() {
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
