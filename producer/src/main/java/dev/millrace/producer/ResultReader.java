package dev.millrace.producer;

import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.SchemaUnresolvedException;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.schemas.wire.WireTerms;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads every partition of the results topic, in no consumer group, so that each reader sees every result. A record
 * that is no result is counted and passed over.
 *
 * <p>Belongs to one thread at a time; {@link #wakeup} and {@link #undecodable} may be called from any.
 */
public final class ResultReader implements AutoCloseable {
    /** Where reading starts. */
    public enum Start {
        /** At the oldest result that the topic still has. */
        BEGINNING,
        /** At the next result to be written. */
        END
    }

    private static final Logger LOG = LoggerFactory.getLogger(ResultReader.class);

    private static final long PAUSE_NANOS = 50_000_000;

    /** While a schema registry does not answer; it is asked again after a second. */
    private static final long REGISTRY_PAUSE_NANOS = 200_000_000;

    private final Consumer<byte[], byte[]> consumer;
    private final String topic;
    private final WireTerms wire;
    private final WireCodec<InferenceResult> codec;
    private final AtomicLong undecodable = new AtomicLong();
    private final long partitionCheckNanos;
    private long nextPartitionCheck;
    private @Nullable Map<TopicPartition, Long> ends;

    private ResultReader(Consumer<byte[], byte[]> consumer, WireTerms wire, String topic, Duration partitionCheck) {
        this.consumer = consumer;
        this.wire = wire;
        this.codec = new WireCodec<>(InferenceResult.class, wire);
        this.topic = topic;
        partitionCheckNanos = partitionCheck.toNanos();
        nextPartitionCheck = System.nanoTime() + partitionCheckNanos;
    }

    /**
     * Opens a reader whose position is settled: with {@link Start#END} every result written from now on is read.
     *
     * @throws BrokerUnreachableException when no broker answers
     * @throws MissingTopicException when there is no results topic
     */
    public static ResultReader open(ClientConfig config, Start start)
            throws BrokerUnreachableException, InterruptedException {
        RequiredTopics.check(config, List.of(config.topics().results()));
        return openUnchecked(config, start);
    }

    /**
     * Opens a reader at the first result that Kafka took at {@code since} or later.
     *
     * @throws BrokerUnreachableException when no broker answers
     * @throws MissingTopicException when there is no results topic
     */
    public static ResultReader open(ClientConfig config, Instant since)
            throws BrokerUnreachableException, InterruptedException {
        ResultReader reader = open(config, Start.END);
        try {
            reader.seek(since);
            return reader;
        } catch (RuntimeException e) {
            reader.close();
            throw e;
        }
    }

    /** The same for a caller that has seen the broker and the topic. */
    static ResultReader openUnchecked(ClientConfig config, Start start) {
        KafkaProperties properties = new KafkaProperties(config);
        WireTerms wire = WireTerms.from(config.kafka());
        Consumer<byte[], byte[]> consumer;
        try {
            consumer = new KafkaConsumer<>(
                    properties.consumer(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
        } catch (RuntimeException e) {
            wire.close();
            throw e;
        }
        ResultReader reader =
                new ResultReader(consumer, wire, config.topics().results(), properties.consumerMetadataMaxAge());
        try {
            reader.seek(start, config);
            return reader;
        } catch (RuntimeException e) {
            reader.close();
            throw e;
        }
    }

    private void seek(Start start, ClientConfig config) {
        Set<TopicPartition> partitions = partitions();
        long giveUp = System.nanoTime() + RequiredTopics.SETTLING.toNanos();
        while (partitions.isEmpty()) {
            if (System.nanoTime() - giveUp > 0) {
                throw new MissingTopicException(topic, config);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
            partitions = partitions();
        }
        consumer.assign(partitions);
        if (start == Start.BEGINNING) {
            consumer.seekToBeginning(partitions);
        } else {
            consumer.seekToEnd(partitions);
        }
        // Seeking is lazy; asking for the position makes it happen now.
        partitions.forEach(partition -> consumer.position(partition, config.timeout()));
    }

    /** A partition without a result of that time keeps its place, at the end. */
    private void seek(Instant since) {
        Map<TopicPartition, Long> times = new HashMap<>();
        consumer.assignment().forEach(partition -> times.put(partition, since.toEpochMilli()));
        consumer.offsetsForTimes(times).forEach((partition, found) -> {
            if (found != null) {
                consumer.seek(partition, found.offset());
            }
        });
    }

    /** Whether every result has been given that was there when this was first asked. */
    public boolean caughtUp() {
        if (ends == null) {
            ends = consumer.endOffsets(consumer.assignment());
        }
        return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    /**
     * The results that are there, in order within a partition; empty when none came within {@code wait} or another
     * thread called {@link #wakeup}.
     *
     * @throws org.apache.kafka.common.KafkaException when Kafka refuses, as for lack of authorization
     * @throws SchemaUnresolvedException when the next result cannot be read because the schema registry does not answer; it is read
     *     again by the next call
     */
    public List<ReceivedResult> poll(Duration wait) {
        ConsumerRecords<byte[], byte[]> records;
        try {
            assignNewPartitions();
            records = consumer.poll(wait);
        } catch (WakeupException e) {
            return List.of();
        }
        Instant receivedAt = Instant.now();
        List<ReceivedResult> results = new ArrayList<>(records.count());
        SchemaUnresolvedException unresolved = null;
        for (TopicPartition partition : records.partitions()) {
            for (ConsumerRecord<byte[], byte[]> entry : records.records(partition)) {
                try {
                    InferenceResult result = decode(entry);
                    if (result != null) {
                        results.add(new ReceivedResult(result, receivedAt));
                    }
                } catch (SchemaUnresolvedException e) {
                    unresolved = e;
                    consumer.seek(partition, entry.offset());
                    break;
                }
            }
        }
        if (unresolved != null && results.isEmpty()) {
            LockSupport.parkNanos(REGISTRY_PAUSE_NANOS);
            throw unresolved;
        }
        return results;
    }

    private @Nullable InferenceResult decode(ConsumerRecord<byte[], byte[]> entry) {
        String reason;
        try {
            byte[] value = entry.value();
            if (value != null) {
                return codec.decode(value);
            }
            reason = "null value (expected: a result)";
        } catch (MalformedRecordException e) {
            reason = e.getMessage();
        }
        long count = undecodable.incrementAndGet();
        // At the 1st, 2nd, 4th, 8th...: a broken writer must not flood the log.
        if (Long.bitCount(count) == 1) {
            LOG.warn(
                    "result passed over: {} (topic={}, partition={}, offset={}, passedOver={})",
                    reason,
                    entry.topic(),
                    entry.partition(),
                    entry.offset(),
                    count);
        }
        return null;
    }

    /** Partitions may be added while the reader runs; whatever is on a new one is new. */
    private void assignNewPartitions() {
        if (System.nanoTime() - nextPartitionCheck < 0) {
            return;
        }
        nextPartitionCheck = System.nanoTime() + partitionCheckNanos;
        Set<TopicPartition> added = partitions();
        added.removeAll(consumer.assignment());
        if (!added.isEmpty()) {
            Set<TopicPartition> all = new HashSet<>(consumer.assignment());
            all.addAll(added);
            consumer.assign(all);
            consumer.seekToBeginning(added);
        }
    }

    // Answered from the client's cached metadata once the topic is in it.
    private Set<TopicPartition> partitions() {
        Set<TopicPartition> partitions = new HashSet<>();
        consumer.partitionsFor(topic).forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
        return partitions;
    }

    /** Records passed over because they were no result. */
    public long undecodable() {
        return undecodable.get();
    }

    /** Makes a {@link #poll} under way, or the next one, return at once. */
    public void wakeup() {
        consumer.wakeup();
    }

    @Override
    public void close() {
        try (wire) {
            consumer.close();
        }
    }
}
