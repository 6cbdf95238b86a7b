package dev.millrace.trainer.replay;

import dev.millrace.schemas.wire.WireTerms;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.replay.RequestPicture.OtherRecord;
import dev.millrace.trainer.replay.RequestPicture.Picture;
import dev.millrace.worker.decode.Resizing;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads exactly those records of the request topics that it is asked for, in no group and committed ones only: in the order of their
 * offsets, going on from one to the next where they are close and seeking where they are not. One thread at a time.
 */
public final class RequestFetcher implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Of one partition, and of all, in one answer of a broker. */
    private static final int PARTITION_BYTES = 1 << 20;

    private static final int ANSWER_BYTES = 8 << 20;

    private final Set<String> topics;
    private final WireTerms wire;
    private final RequestPicture picture;
    private final KafkaConsumer<byte[], byte[]> consumer;

    /** Takes the pictures that are found. */
    @FunctionalInterface
    public interface Sink {
        /**
         * A picture was found.
         *
         * @param pixels HWC, uint8, of the model's shape; the taker's own
         */
        void take(LabelledRequest request, byte[] pixels) throws IOException;
    }

    /**
     * Connects, which asks for nothing yet.
     *
     * @param client how to reach Kafka, and a schema registry if there is one
     * @param topics that carry requests; no other one is ever read, whatever a label says
     * @param model whose requests they are
     * @param shape of the model's input
     * @param resizing of images of another size
     */
    public RequestFetcher(
            Map<String, ?> client, Set<String> topics, String model, ImageShape shape, Resizing resizing) {
        this.topics = Set.copyOf(topics);
        this.wire = WireTerms.from(client);
        this.picture = new RequestPicture(model, shape, resizing, wire);
        Map<String, Object> properties = new HashMap<>(client);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, PARTITION_BYTES);
        properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, ANSWER_BYTES);
        // All that came, so that a seek throws none of it away.
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, Integer.MAX_VALUE);
        consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /**
     * Fetches these requests and hands their pictures on as they come, in any order; of those with the same request id the last one alone.
     * After an exception some may have been handed on: to ask for all of them again does no harm.
     *
     * @throws KafkaException when Kafka does not answer, or gives nothing of what it has for 30 s
     * @throws IOException of the sink
     */
    public Fetched fetch(Collection<LabelledRequest> requests, Sink sink) throws IOException {
        Map<String, LabelledRequest> last = new LinkedHashMap<>();
        requests.forEach(request -> last.put(request.requestId(), request));
        Turn turn = new Turn(sink);
        turn.want(last.values());
        if (turn.wanted.isEmpty()) {
            return turn.fetched;
        }
        turn.dropWhatIsNotThere();
        try {
            turn.read();
        } finally {
            // Otherwise it would go on fetching what nobody asked for.
            consumer.assign(List.of());
        }
        return turn.fetched;
    }

    @Override
    public void close() {
        try (wire) {
            consumer.close();
        }
    }

    /** One call: what is still wanted, by partition and offset, and what became of the others. */
    private final class Turn {
        private final Sink sink;
        private final Map<TopicPartition, NavigableMap<Long, List<LabelledRequest>>> wanted = new HashMap<>();
        private Fetched fetched = Fetched.NOTHING;

        Turn(Sink sink) {
            this.sink = sink;
        }

        void want(Collection<LabelledRequest> requests) {
            Map<String, Set<Integer>> partitions = new HashMap<>();
            for (LabelledRequest request : requests) {
                if (topics.contains(request.topic())
                        && partitions
                                .computeIfAbsent(request.topic(), this::partitions)
                                .contains(request.partition())) {
                    wanted.computeIfAbsent(
                                    new TopicPartition(request.topic(), request.partition()), unused -> new TreeMap<>())
                            .computeIfAbsent(request.offset(), unused -> new ArrayList<>())
                            .add(request);
                } else {
                    count(new Fetched(0, 0, 1, 0));
                }
            }
        }

        private Set<Integer> partitions(String topic) {
            Set<Integer> partitions = new HashSet<>();
            consumer.partitionsFor(topic).forEach(info -> partitions.add(info.partition()));
            return partitions;
        }

        void dropWhatIsNotThere() {
            Map<TopicPartition, Long> begins = consumer.beginningOffsets(wanted.keySet());
            Map<TopicPartition, Long> ends = consumer.endOffsets(wanted.keySet());
            wanted.forEach((partition, offsets) -> {
                expire(offsets, begins.getOrDefault(partition, 0L));
                Map<Long, List<LabelledRequest>> beyond = offsets.tailMap(ends.getOrDefault(partition, 0L));
                count(new Fetched(0, 0, size(beyond), 0));
                beyond.clear();
            });
            wanted.values().removeIf(Map::isEmpty);
        }

        void read() throws IOException {
            consumer.assign(wanted.keySet());
            wanted.forEach((partition, offsets) -> consumer.seek(partition, offsets.firstKey()));
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (!wanted.isEmpty()) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
                boolean moved = false;
                Iterator<Map.Entry<TopicPartition, NavigableMap<Long, List<LabelledRequest>>>> all =
                        wanted.entrySet().iterator();
                while (all.hasNext()) {
                    Map.Entry<TopicPartition, NavigableMap<Long, List<LabelledRequest>>> entry = all.next();
                    moved |= advance(entry.getKey(), entry.getValue(), records.records(entry.getKey()));
                    if (entry.getValue().isEmpty()) {
                        consumer.pause(List.of(entry.getKey()));
                        all.remove();
                    }
                }
                if (moved) {
                    deadline = System.nanoTime() + PATIENCE.toNanos();
                } else if (System.nanoTime() - deadline > 0) {
                    throw new TimeoutException("%s: nothing read in %d s (expected: requests that are there)"
                            .formatted(wanted.keySet(), PATIENCE.toSeconds()));
                }
            }
        }

        /** Takes what came of a partition and goes to what is wanted next; whether anything came. */
        private boolean advance(
                TopicPartition partition,
                NavigableMap<Long, List<LabelledRequest>> offsets,
                List<ConsumerRecord<byte[], byte[]>> records)
                throws IOException {
            long before = offsets.firstKey();
            for (ConsumerRecord<byte[], byte[]> record : records) {
                expire(offsets, record.offset());
                List<LabelledRequest> here = offsets.remove(record.offset());
                if (here != null) {
                    take(here, record);
                }
            }
            // Not every offset has a record: markers of transactions, what was aborted or compacted away.
            long position = consumer.position(partition);
            expire(offsets, position);
            if (offsets.isEmpty()) {
                return true;
            }
            long next = offsets.firstKey();
            // What lies between is read over where it is not more than one answer had: a seek throws away what is on
            // its way.
            if (!records.isEmpty() && next - position > records.size()) {
                consumer.seek(partition, next);
            }
            return next > before || !records.isEmpty();
        }

        private void take(List<LabelledRequest> here, ConsumerRecord<byte[], byte[]> record) throws IOException {
            for (LabelledRequest request : here) {
                RequestPicture.Content content = picture.read(record.value(), request.requestId());
                if (content instanceof Picture found) {
                    sink.take(request, found.hwc());
                    count(new Fetched(1, 0, 0, 0));
                } else if (content instanceof OtherRecord) {
                    count(new Fetched(0, 0, 1, 0));
                } else {
                    count(new Fetched(0, 0, 0, 1));
                }
            }
        }

        /** What is wanted below this offset is gone. */
        private void expire(NavigableMap<Long, List<LabelledRequest>> offsets, long below) {
            Map<Long, List<LabelledRequest>> gone = offsets.headMap(below);
            count(new Fetched(0, size(gone), 0, 0));
            gone.clear();
        }

        private void count(Fetched more) {
            fetched = fetched.plus(more);
        }

        private static long size(Map<Long, List<LabelledRequest>> part) {
            return part.values().stream().mapToLong(List::size).sum();
        }
    }
}
