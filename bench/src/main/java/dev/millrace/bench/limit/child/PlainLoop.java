package dev.millrace.bench.limit.child;

import dev.millrace.bench.bed.ProcessUsage;
import dev.millrace.worker.model.CpuPin;
import dev.millrace.worker.model.Device;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.ByteBufferDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * A consumer and a producer with nothing in between, with the client settings of a worker: for every record another one, as
 * large as a result, that does not depend on it; offsets are committed every 200 ms, whatever is acknowledged. What Kafka's
 * clients cost by themselves.
 */
public final class PlainLoop {
    private static final long COMMIT_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final int RESULT_BYTES = 300;
    private static final Duration POLL = Duration.ofMillis(100);

    private PlainLoop() {}

    /**
     * What is to be consumed.
     *
     * @param records how many, in all
     * @param perPoll at most
     * @param device if a CPU, the one that the loop is pinned to; its clients' threads are not
     */
    record Plan(
            String bootstrap,
            String requests,
            String results,
            String group,
            long records,
            int perPoll,
            Device device) {}

    /**
     * What that took.
     *
     * @param loop from the first record to the last acknowledgement
     * @param consume the part of it inside poll
     * @param produce inside send
     * @param commit inside commitAsync
     * @param processCpuNanos of all threads in that time
     */
    public record Account(Effort loop, Effort consume, Effort produce, Effort commit, long processCpuNanos) {}

    /** Joins the group, and goes on until all records have been consumed. */
    static Account run(Plan plan) {
        try (KafkaConsumer<byte[], ByteBuffer> consumer = consumer(plan);
                KafkaProducer<byte[], byte @Nullable []> producer = producer(plan)) {
            // After the clients: their threads inherit the mask of the thread that makes them.
            CpuPin pin = CpuPin.to(plan.device());
            try {
                consumer.subscribe(List.of(plan.requests()));
                while (consumer.assignment().isEmpty()) {
                    consumer.poll(POLL);
                }
                // The first metadata of a topic are waited for inside send.
                producer.partitionsFor(plan.results());
                return run(plan, consumer, producer);
            } finally {
                pin.close();
            }
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // The callback says the same.
    private static Account run(
            Plan plan, KafkaConsumer<byte[], ByteBuffer> consumer, KafkaProducer<byte[], byte @Nullable []> producer) {
        byte[] result = new byte[RESULT_BYTES];
        AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        ConsumerRecords<byte[], ByteBuffer> polled = consumer.poll(POLL);
        while (polled.isEmpty()) {
            polled = consumer.poll(POLL);
        }
        long cpuBefore = ProcessUsage.here().cpuNanos();
        Effort start = Effort.soFar(0);
        Effort consume = Effort.NONE;
        Effort produce = Effort.NONE;
        Effort commit = Effort.NONE;
        Effort mark = start;
        long records = 0;
        long committedNanos = start.nanos();
        while (true) {
            for (ConsumerRecord<byte[], ByteBuffer> request : polled) {
                producer.send(new ProducerRecord<>(plan.results(), request.key(), result), (metadata, problem) -> {
                    if (problem != null) {
                        failure.set(problem);
                    }
                });
            }
            records += polled.count();
            Effort sent = Effort.soFar(records);
            produce = produce.then(sent.since(mark));
            if (sent.nanos() - committedNanos >= COMMIT_INTERVAL_NANOS) {
                committedNanos = sent.nanos();
                consumer.commitAsync();
            }
            Effort committed = Effort.soFar(records);
            commit = commit.then(committed.since(sent));
            if (records >= plan.records()) {
                break;
            }
            polled = consumer.poll(POLL);
            mark = Effort.soFar(records);
            consume = consume.then(mark.since(committed));
        }
        producer.flush();
        if (failure.get() != null) {
            throw new IllegalStateException("plain producer failed", failure.get());
        }
        Effort loop = Effort.soFar(records).since(start);
        return new Account(
                loop,
                of(records, consume),
                of(records, produce),
                of(records, commit),
                ProcessUsage.here().cpuNanos() - cpuBefore);
    }

    private static Effort of(long images, Effort part) {
        return new Effort(images, part.nanos(), part.cpuNanos(), part.allocatedBytes());
    }

    private static KafkaConsumer<byte[], ByteBuffer> consumer(Plan plan) {
        return new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        plan.bootstrap(),
                        "group.id",
                        plan.group(),
                        "group.protocol",
                        "consumer",
                        "auto.offset.reset",
                        "earliest",
                        "enable.auto.commit",
                        false,
                        "isolation.level",
                        "read_committed",
                        "max.poll.records",
                        plan.perPoll()),
                new ByteArrayDeserializer(),
                new ByteBufferDeserializer());
    }

    private static KafkaProducer<byte[], byte @Nullable []> producer(Plan plan) {
        return new KafkaProducer<>(
                Map.of("bootstrap.servers", plan.bootstrap(), "acks", "all", "linger.ms", 1, "batch.size", 64 * 1024),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }
}
