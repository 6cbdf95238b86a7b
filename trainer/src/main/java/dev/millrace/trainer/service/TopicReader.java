package dev.millrace.trainer.service;

import dev.millrace.trainer.service.WatermarkAlignment.Progress;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Reads all partitions of some topics from a time on, in no group and committed records only, about in the order of the records' times. Who
 * reads again from the same time reads the same. One thread at a time.
 */
final class TopicReader implements AutoCloseable {
    /** Few, because a partition that is to wait waits only after the poll; they come from what was fetched before. */
    private static final int RECORDS_PER_POLL = 500;

    private static final Duration POLL = Duration.ofMillis(50);

    /** A question for the ends of partitions goes by the same connection as a fetch, and after it. */
    private static final int FETCH_WAIT_MILLIS = 20;

    private static final long PARTITION_CHECK_NANOS = Duration.ofSeconds(30).toNanos();

    private final KafkaConsumer<String, byte[]> consumer;
    private final Map<String, Instant> since;
    private final Consumer<ConsumerRecord<String, byte[]>> sink;
    private final Map<TopicPartition, Long> watermarks = new HashMap<>();
    private Map<TopicPartition, Long> goal = Map.of();
    private boolean reached;
    private long nextPartitionCheck;

    /**
     * Begins to read.
     *
     * @param since by topic
     * @throws KafkaException when Kafka does not answer, or a topic is missing
     */
    TopicReader(Map<String, ?> client, Map<String, Instant> since, Consumer<ConsumerRecord<String, byte[]>> sink) {
        this.since = Map.copyOf(since);
        this.sink = sink;
        Map<String, Object> properties = new HashMap<>(client);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, RECORDS_PER_POLL);
        properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_WAIT_MILLIS);
        consumer = new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer());
        try {
            assignNewPartitions();
        } catch (RuntimeException e) {
            consumer.close();
            throw e;
        }
    }

    private void assignNewPartitions() {
        nextPartitionCheck = System.nanoTime() + PARTITION_CHECK_NANOS;
        Map<TopicPartition, Long> times = new HashMap<>();
        since.forEach((topic, from) -> {
            List<PartitionInfo> partitions = consumer.partitionsFor(topic);
            if (partitions.isEmpty()) {
                throw new KafkaException(
                        "topic %s: missing (expected: as `millrace topics` creates it)".formatted(topic));
            }
            for (PartitionInfo info : partitions) {
                TopicPartition partition = new TopicPartition(topic, info.partition());
                if (!watermarks.containsKey(partition)) {
                    times.put(partition, Math.max(0, from.toEpochMilli()));
                }
            }
        });
        if (times.isEmpty()) {
            return;
        }
        watermarks.putAll(times);
        // The ends first: where nothing is as late as the time, what comes after them is.
        Map<TopicPartition, Long> ends = consumer.endOffsets(times.keySet());
        Map<TopicPartition, OffsetAndTimestamp> starts = consumer.offsetsForTimes(times);
        consumer.assign(watermarks.keySet());
        for (TopicPartition partition : times.keySet()) {
            OffsetAndTimestamp start = starts.get(partition);
            consumer.seek(partition, start == null ? ends.getOrDefault(partition, 0L) : start.offset());
        }
    }

    /**
     * Reads on; true when it has reached what was the end when this was first called after {@link #looked}. Until then it waits a little
     * for what is on its way: a poll that never waits takes of a long answer only what has come already, some 64 KiB.
     */
    boolean readOn() {
        if (reached) {
            return true;
        }
        if (goal.isEmpty()) {
            if (System.nanoTime() - nextPartitionCheck >= 0) {
                assignNewPartitions();
            }
            goal = consumer.endOffsets(watermarks.keySet());
        }
        if (isBehind()) {
            for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                watermarks.put(new TopicPartition(record.topic(), record.partition()), record.timestamp());
                sink.accept(record);
            }
            align();
        }
        if (!isBehind()) {
            goal = Map.of();
            reached = true;
        }
        return reached;
    }

    private boolean isBehind() {
        return goal.keySet().stream().anyMatch(this::isBehind);
    }

    private boolean isBehind(TopicPartition partition) {
        Long end = goal.get(partition);
        return end != null && consumer.position(partition) < end;
    }

    /** Has partitions wait that are ahead, and no others. */
    private void align() {
        Map<TopicPartition, Progress> progress = new HashMap<>();
        watermarks.forEach(
                (partition, watermark) -> progress.put(partition, new Progress(watermark, isBehind(partition))));
        Set<TopicPartition> ahead = WatermarkAlignment.ahead(progress);
        Set<TopicPartition> others = new HashSet<>(consumer.paused());
        others.removeAll(ahead);
        consumer.resume(others);
        consumer.pause(ahead);
    }

    /** What was read until now is used: from here on it is to read to a new end. */
    void looked() {
        reached = false;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
