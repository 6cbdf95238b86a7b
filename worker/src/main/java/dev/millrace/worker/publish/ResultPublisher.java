package dev.millrace.worker.publish;

import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.schemas.wire.WireHeaders;
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
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(10);

    private final Producer<byte[], byte @Nullable []> producer;
    private final Destinations destinations;
    private final LongConsumer publishNanos;
    private final WireCodec<InferenceResult> codec = new WireCodec<>(InferenceResult.class);
    private final Queue<Acknowledged> acknowledged = new ConcurrentLinkedQueue<>();
    private final AtomicInteger unacknowledged = new AtomicInteger();
    private final AtomicLong unacknowledgedBytes = new AtomicLong();
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

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
        this.producer = producer;
        this.destinations = destinations;
        this.publishNanos = publishNanos;
    }

    /** Publishes the terminal record of {@code source}, under the source's own key. */
    public void answer(ConsumerRecord<byte[], ByteBuffer> source, InferenceResult result) {
        send(new Settlement(source, 1), resultRecord(source, result));
    }

    /** Publishes the terminal record of {@code source} and a dead letter with its original bytes. */
    public void answerAndKeep(ConsumerRecord<byte[], ByteBuffer> source, InferenceResult result, DeadLetter letter) {
        Settlement settlement = new Settlement(source, 2);
        send(settlement, resultRecord(source, result));
        send(settlement, letterRecord(source, letter));
    }

    /** Publishes only a dead letter: {@code source} cannot even be answered. */
    public void keep(ConsumerRecord<byte[], ByteBuffer> source, DeadLetter letter) {
        send(new Settlement(source, 1), letterRecord(source, letter));
    }

    private ProducerRecord<byte[], byte @Nullable []> resultRecord(
            ConsumerRecord<byte[], ByteBuffer> source, InferenceResult result) {
        ProducerRecord<byte[], byte @Nullable []> answer =
                new ProducerRecord<>(destinations.results(), source.key(), codec.encode(result));
        answer.headers().add(WireHeaders.CONTENT_TYPE, AVRO);
        return answer;
    }

    private ProducerRecord<byte[], byte @Nullable []> letterRecord(
            ConsumerRecord<byte[], ByteBuffer> source, DeadLetter letter) {
        return letter.of(source, destinations.deadLetters(), destinations.group(), destinations.worker());
    }

    private void send(Settlement settlement, ProducerRecord<byte[], byte @Nullable []> message) {
        send(settlement, message, Form.WHOLE);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // The callback says the same, in order.
    private void send(Settlement settlement, ProducerRecord<byte[], byte @Nullable []> message, Form form) {
        if (failure.get() != null) {
            // The turn has failed and will be read again: waiting for the broker once more would gain nothing.
            return;
        }
        int bytes = sizeOf(settlement.source, message);
        unacknowledged.incrementAndGet();
        unacknowledgedBytes.addAndGet(bytes);
        long sentNanos = System.nanoTime();
        try {
            producer.send(message, (metadata, problem) -> {
                if (problem == null) {
                    publishNanos.accept(System.nanoTime() - sentNanos);
                    settlement.oneAcknowledged();
                } else if (problem instanceof RecordTooLargeException && form != Form.BARE) {
                    sendSmaller(settlement, message, form);
                } else {
                    failure.compareAndSet(null, problem);
                }
                noLongerInFlight(bytes);
            });
        } catch (RuntimeException e) {
            noLongerInFlight(bytes);
            failure.compareAndSet(null, e);
        }
    }

    /** What a record in flight keeps in memory: its answer, and its request, which a dead letter may still need. */
    private static int sizeOf(
            ConsumerRecord<byte[], ByteBuffer> source, ProducerRecord<byte[], byte @Nullable []> message) {
        byte[] value = message.value();
        return Math.max(0, source.serializedValueSize()) + (value == null ? 0 : value.length);
    }

    private void noLongerInFlight(int bytes) {
        unacknowledgedBytes.addAndGet(-bytes);
        if (unacknowledged.decrementAndGet() == 0) {
            synchronized (unacknowledged) {
                unacknowledged.notifyAll();
            }
        }
    }

    /** How much of a record is left after the broker found it too large; a record must never hold its partition up. */
    private enum Form {
        WHOLE,
        WITHOUT_PAYLOAD,
        BARE
    }

    private void sendSmaller(Settlement settlement, ProducerRecord<byte[], byte @Nullable []> tooLarge, Form form) {
        if (form == Form.WITHOUT_PAYLOAD) {
            send(settlement, DeadLetter.bare(tooLarge), Form.BARE);
            return;
        }
        boolean isLetter = tooLarge.topic().equals(destinations.deadLetters());
        ProducerRecord<byte[], byte @Nullable []> letter =
                isLetter ? tooLarge : letterRecord(settlement.source, RESULT_TOO_LARGE);
        send(settlement, DeadLetter.withoutPayload(letter), Form.WITHOUT_PAYLOAD);
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
        long deadline = System.nanoTime() + limit.toNanos();
        synchronized (unacknowledged) {
            for (long left = limit.toNanos();
                    unacknowledged.get() > 0 && left > 0;
                    left = deadline - System.nanoTime()) {
                try {
                    TimeUnit.NANOSECONDS.timedWait(unacknowledged, left);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
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
    public @Nullable Exception takeFailure() {
        return failure.getAndSet(null);
    }

    /** Flushes and closes the producer. */
    @Override
    public void close() {
        producer.close(CLOSE_PATIENCE);
    }

    /** Counts the acknowledgements that one source record waits for. Producer's thread once sent. */
    private final class Settlement {
        private final ConsumerRecord<byte[], ByteBuffer> source;
        private final AtomicInteger missing;

        Settlement(ConsumerRecord<byte[], ByteBuffer> source, int records) {
            this.source = source;
            missing = new AtomicInteger(records);
        }

        void oneAcknowledged() {
            if (missing.decrementAndGet() == 0) {
                acknowledged.add(
                        new Acknowledged(new TopicPartition(source.topic(), source.partition()), source.offset()));
            }
        }
    }
}
