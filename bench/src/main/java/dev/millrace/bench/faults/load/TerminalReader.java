package dev.millrace.bench.faults.load;

import dev.millrace.bench.faults.history.Answer;
import dev.millrace.bench.faults.history.Answer.ServedBy;
import dev.millrace.bench.faults.history.Event.Answered;
import dev.millrace.bench.faults.history.Event.Reread;
import dev.millrace.bench.faults.history.History;
import dev.millrace.bench.faults.history.Position;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.schemas.wire.WireHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32C;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads results and dead letters with {@code read_committed} while the faults happen, as an application would. One thread
 * owns the consumer and the history that it writes to; the next history is handed over to it.
 */
public final class TerminalReader implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(50);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Topics topics;
    private final AtomicReference<@Nullable Handover> handover = new AtomicReference<>();
    private final WireCodec<InferenceResult> codec = new WireCodec<>(InferenceResult.class);
    private final Thread thread = new Thread(this::run, "terminal-reader");
    private History history;
    private volatile Map<TopicPartition, Long> positions = Map.of();
    private volatile @Nullable RuntimeException death;
    private final AtomicReference<@Nullable Collection<TopicPartition>> renewed = new AtomicReference<>();
    private volatile boolean stopping;

    /** A history to go on with, and where the reader was at its beginning. */
    private record Handover(History next, CompletableFuture<Map<TopicPartition, Long>> from) {}

    private TerminalReader(KafkaConsumer<byte[], byte[]> consumer, Topics topics, History history) {
        this.consumer = consumer;
        this.topics = topics;
        this.history = history;
    }

    /** Starts reading from the beginning of {@code partitions}. */
    public static TerminalReader start(
            String bootstrap, Topics topics, Collection<TopicPartition> partitions, History history) {
        KafkaConsumer<byte[], byte[]> consumer = consumer(bootstrap);
        consumer.assign(partitions);
        TerminalReader reader = new TerminalReader(consumer, topics, history);
        reader.thread.start();
        return reader;
    }

    private static KafkaConsumer<byte[], byte[]> consumer(String bootstrap) {
        Map<String, Object> properties = new HashMap<>();
        properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 50);
        return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private void run() {
        try (consumer) {
            while (!stopping) {
                takeOver();
                startAgain();
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    Answer answer = answer(record);
                    history.add(micros -> new Answered(micros, answer));
                }
                publishPositions();
            }
        } catch (WakeupException e) {
            // How close() ends it.
        } catch (RuntimeException e) {
            death = e;
        }
    }

    private void takeOver() {
        Handover due = handover.getAndSet(null);
        if (due != null) {
            history = due.next();
            due.from().complete(positions);
        }
    }

    private void startAgain() {
        Collection<TopicPartition> due = renewed.getAndSet(null);
        if (due != null) {
            consumer.seekToBeginning(due);
        }
    }

    private void publishPositions() {
        Map<TopicPartition, Long> now = new HashMap<>();
        for (TopicPartition partition : consumer.assignment()) {
            try {
                now.put(partition, consumer.position(partition, Duration.ofMillis(1)));
            } catch (org.apache.kafka.common.errors.TimeoutException e) {
                // Not known before the first fetch.
            }
        }
        positions = now;
    }

    private Answer answer(ConsumerRecord<byte[], byte[]> record) {
        Position at = new Position(record.topic(), record.partition(), record.offset());
        if (record.topic().equals(topics.deadLetters())) {
            return new Answer(
                    at,
                    digest(record),
                    true,
                    Integer.parseInt(header(record, WireHeaders.DLQ_PREFIX + "partition")),
                    Long.parseLong(header(record, WireHeaders.DLQ_PREFIX + "offset")),
                    null,
                    null,
                    null,
                    header(record, WireHeaders.ERROR_WORKER));
        }
        try {
            return answer(at, digest(record), codec.decode(record.value()));
        } catch (MalformedRecordException e) {
            throw new IllegalStateException(at + ": " + e.getMessage(), e);
        }
    }

    private static Answer answer(Position at, long digest, InferenceResult result) {
        Integer version = result.getVersion();
        String sha256 = result.getSha256();
        return new Answer(
                at,
                digest,
                false,
                result.getSourcePartition(),
                result.getSourceOffset(),
                result.getRequestId(),
                result.getLabels().isEmpty() ? null : result.getLabels().get(0).getIndex(),
                version == null || sha256 == null ? null : new ServedBy(version, sha256),
                result.getWorker() + "/" + result.getLane());
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null ? "-1" : new String(header.value(), StandardCharsets.UTF_8);
    }

    private static long digest(ConsumerRecord<byte[], byte[]> record) {
        CRC32C crc = new CRC32C();
        if (record.value() != null) {
            crc.update(record.value());
        }
        return crc.getValue();
    }

    /**
     * From now on, what is read goes into {@code next}.
     *
     * @return the next offset to read at that moment, by partition
     * @throws IllegalStateException when the reader does not answer within ten seconds
     */
    public Map<TopicPartition, Long> into(History next) throws InterruptedException {
        Handover due = new Handover(next, new CompletableFuture<>());
        handover.set(due);
        try {
            return due.from().get(10, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("reader: does not answer (expected: within 10 s)", e);
        }
    }

    /** Reads these partitions from their beginning: their topic is a new one of the same name. */
    public void restart(Collection<TopicPartition> partitions) {
        renewed.set(partitions);
    }

    /**
     * The next offset to read, by partition; partitions that are not known yet are missing.
     *
     * @throws IllegalStateException when the reader has died
     */
    public Map<TopicPartition, Long> positions() {
        RuntimeException why = death;
        if (why != null) {
            throw new IllegalStateException("reader: " + why.getMessage(), why);
        }
        return positions;
    }

    /** Reads the records from {@code from} to {@code to} a second time, from a client of its own. */
    public static void reread(
            String bootstrap, Map<TopicPartition, Long> from, Map<TopicPartition, Long> to, History history) {
        try (KafkaConsumer<byte[], byte[]> again = consumer(bootstrap)) {
            again.assign(from.keySet());
            from.forEach(again::seek);
            long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (behind(again, to)) {
                if (System.nanoTime() > deadline) {
                    throw new KafkaException("reread: not at " + to + " within 20 s");
                }
                again.poll(POLL).forEach(record -> {
                    Position at = new Position(record.topic(), record.partition(), record.offset());
                    if (at.offset() < to.getOrDefault(new TopicPartition(at.topic(), at.partition()), 0L)) {
                        long digest = digest(record);
                        history.add(micros -> new Reread(micros, at, digest));
                    }
                });
            }
        }
    }

    private static boolean behind(KafkaConsumer<?, ?> consumer, Map<TopicPartition, Long> to) {
        return List.copyOf(consumer.assignment()).stream()
                .anyMatch(partition -> consumer.position(partition) < to.getOrDefault(partition, 0L));
    }

    @Override
    public void close() {
        stopping = true;
        consumer.wakeup();
        try {
            thread.join(10_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
