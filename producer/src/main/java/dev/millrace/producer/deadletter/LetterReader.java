package dev.millrace.producer.deadletter;

import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.KafkaProperties;
import dev.millrace.producer.RequiredTopics;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads the letters that a filter admits, from the oldest on, up to those that were there when it was opened: what a
 * replay makes of them is not read again. In no consumer group, and nothing is committed.
 *
 * <p>Belongs to one thread; {@link #wakeup} may be called from any.
 */
public final class LetterReader implements AutoCloseable {
    private final Consumer<byte[], byte[]> consumer;
    private final String topic;
    private final LetterFilter filter;
    private final Duration patience;
    private final Map<TopicPartition, Long> ends = new HashMap<>();
    private long given;
    private long lastProgress = System.nanoTime();

    private LetterReader(ClientConfig config, LetterFilter filter) {
        this.filter = filter;
        topic = config.topics().deadLetters();
        patience = config.timeout();
        consumer = new KafkaConsumer<>(
                new KafkaProperties(config).consumer(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /**
     * Opens a reader whose end is settled.
     *
     * @throws BrokerUnreachableException when no broker answers
     * @throws dev.millrace.producer.MissingTopicException when there is no dead-letter topic
     * @throws IllegalArgumentException when the filter names a partition that the topic does not have
     */
    public static LetterReader open(ClientConfig config, LetterFilter filter)
            throws BrokerUnreachableException, InterruptedException {
        RequiredTopics.check(config, List.of(config.topics().deadLetters()));
        LetterReader reader = new LetterReader(config, filter);
        try {
            reader.seek();
            return reader;
        } catch (RuntimeException e) {
            reader.close();
            throw e;
        }
    }

    private void seek() {
        List<TopicPartition> all = consumer.partitionsFor(topic, patience).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .toList();
        Integer wanted = filter.partition();
        if (wanted != null && !all.contains(new TopicPartition(topic, wanted))) {
            throw new IllegalArgumentException(
                    "partition: " + wanted + " (expected: below " + all.size() + ", the partitions of " + topic + ")");
        }
        List<TopicPartition> partitions = all.stream()
                .filter(partition -> filter.admits(partition.partition()))
                .toList();
        consumer.assign(partitions);
        ends.putAll(consumer.endOffsets(partitions, patience));
        consumer.seekToBeginning(partitions);
        Instant since = filter.since();
        if (since != null) {
            seek(since);
        }
        partitions.forEach(this::seekToNamed);
        partitions.forEach(partition -> consumer.position(partition, patience));
    }

    private void seek(Instant since) {
        Map<TopicPartition, Long> times =
                ends.keySet().stream().collect(Collectors.toMap(partition -> partition, any -> since.toEpochMilli()));
        Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(times, patience);
        ends.forEach((partition, end) -> {
            OffsetAndTimestamp first = found.get(partition);
            consumer.seek(partition, first == null ? end : first.offset());
        });
    }

    private void seekToNamed(TopicPartition partition) {
        TreeSet<Long> offsets = filter.offsets(partition.partition());
        if (!offsets.isEmpty()) {
            long end = ends.getOrDefault(partition, 0L);
            ends.put(partition, Math.min(end, offsets.last() + 1));
            consumer.seek(partition, Math.min(end, offsets.first()));
        }
    }

    /** Whether every letter has been given that will be. */
    public boolean atEnd() {
        Long limit = filter.limit();
        return (limit != null && given >= limit)
                || ends.entrySet().stream()
                        .allMatch(end -> consumer.position(end.getKey(), patience) >= end.getValue());
    }

    /**
     * The next letters, after at most {@code wait}.
     *
     * @throws TimeoutException when nothing has come for as long as the client's timeout although more is there
     */
    public List<DeadLetter> poll(Duration wait) {
        ConsumerRecords<byte[], byte[]> records;
        try {
            records = consumer.poll(wait);
        } catch (WakeupException e) {
            return List.of();
        }
        if (!records.isEmpty()) {
            lastProgress = System.nanoTime();
        } else if (System.nanoTime() - lastProgress > patience.toNanos() && !atEnd()) {
            throw new TimeoutException(topic + ": nothing came for " + patience.toMillis() + " ms");
        }
        List<DeadLetter> letters = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> entry : records) {
            DeadLetter letter = new DeadLetter(entry);
            if (entry.offset() < ends.getOrDefault(new TopicPartition(topic, entry.partition()), 0L)
                    && filter.admits(letter)
                    && (filter.limit() == null || given < filter.limit())) {
                letters.add(letter);
                given++;
            }
        }
        return letters;
    }

    /** Makes a {@link #poll} under way, or the next one, return at once. */
    public void wakeup() {
        consumer.wakeup();
    }

    @Override
    public void close() {
        consumer.close();
    }
}
