package dev.millrace.bench.bed;

import dev.millrace.bench.bed.Dialect.Answer;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.topic.Topics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A requests topic that is filled before anybody can read it: the records are in one transaction, and its commit is the
 * starting shot. One thread.
 */
public final class FilledTopic implements AutoCloseable {
    /** Requests in one transaction. */
    public static final long MOST_RECORDS = 400_000;

    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final long LOOK_MS = 100;
    /** The first and the last of the answers, in which not all lanes are at work, do not count. */
    private static final double CUT = 0.05;

    private final Admin admin;
    private final Topics topics;
    private final List<TopicPartition> requests;
    private final List<TopicPartition> results;
    private final KafkaProducer<byte[], byte[]> producer;
    private final KafkaConsumer<byte[], byte[]> reader;
    private final Dialect dialect;
    private Map<TopicPartition, Long> before = Map.of();
    private long filled;
    private long total;

    FilledTopic(String bootstrap, Admin admin, Topics topics, int partitions, Dialect dialect) {
        this.dialect = dialect;
        this.admin = admin;
        this.topics = topics;
        this.requests = partitionsOf(topics.requests(), partitions);
        this.results = partitionsOf(topics.results(), partitions);
        producer = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        bootstrap,
                        "transactional.id",
                        topics.requests() + "-bench",
                        "transaction.timeout.ms",
                        (int) PATIENCE.toMillis(),
                        "batch.size",
                        256 * 1024,
                        "linger.ms",
                        20),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        try {
            producer.initTransactions();
            reader = new KafkaConsumer<>(
                    Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed"),
                    new ByteArrayDeserializer(),
                    new ByteArrayDeserializer());
        } catch (RuntimeException e) {
            producer.close(Duration.ZERO);
            throw e;
        }
        reader.assign(results);
    }

    private static List<TopicPartition> partitionsOf(String topic, int partitions) {
        return IntStream.range(0, partitions)
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .toList();
    }

    /**
     * How many records are answered in that time at that speed: at least {@code least}, and no more than a broker's disk should take.
     */
    public static long records(double perSecond, Duration time, long least) {
        return Math.max(least, Math.min(MOST_RECORDS, Math.round(perSecond * time.toMillis() / 1e3)));
    }

    /** Enough to see about how fast a worker is, however slow it may be. */
    public static long few(Setup setup) {
        return 4L * setup.lanes() * setup.batch();
    }

    /** Puts so many requests there, with these images in turn, which nobody sees yet. */
    @SuppressWarnings("FutureReturnValueIgnored") // What fails, fails the commit.
    public void fill(List<ImageRequest> images, long records) throws IOException, InterruptedException {
        before = ends(results);
        filled = records;
        producer.beginTransaction();
        for (long i = 0; i < records; i++) {
            long number = total++;
            ImageRequest request = images.get((int) (number % images.size()));
            String id = "%036d".formatted(number);
            request.setRequestId(id);
            request.setCreatedAt(Instant.now().truncatedTo(ChronoUnit.MICROS));
            producer.send(new ProducerRecord<>(
                    topics.requests(),
                    (int) (number % requests.size()),
                    id.getBytes(StandardCharsets.UTF_8),
                    dialect.request(request)));
        }
        producer.flush();
    }

    /** Lets everybody see them. */
    public void fire() {
        producer.commitTransaction();
    }

    /** Waits until the group has answered and committed all of them. */
    public void awaitAnswered(String group) throws IOException, InterruptedException {
        Map<TopicPartition, Long> ends = ends(requests);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!committed(group, ends)) {
            if (System.nanoTime() > deadline) {
                throw new IOException("requests: not all of " + filled + " answered within " + PATIENCE.toSeconds()
                        + " s (expected: all)");
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
        }
    }

    private boolean committed(String group, Map<TopicPartition, Long> ends) throws IOException, InterruptedException {
        Map<TopicPartition, OffsetAndMetadata> offsets = asking(() -> admin.listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata()
                .get());
        return ends.entrySet().stream().allMatch(end -> {
            OffsetAndMetadata offset = offsets.get(end.getKey());
            // The transaction's own marker is behind the last record.
            return offset != null && offset.offset() >= end.getValue() - 1;
        });
    }

    /**
     * Reads the answers to what was filled in last. A second answer to a request, as a rebalance may leave one, does not count.
     *
     * @return how many requests a second left the lanes, answered
     */
    public double answersPerSecond() throws IOException {
        return answersPerSecond(() -> {});
    }

    /** As {@link #answersPerSecond()}; {@code watch} is asked again and again, and fails when no answer can come any more. */
    public double answersPerSecond(Runnable watch) throws IOException {
        long[] completedMicros = new long[Math.toIntExact(filled)];
        int[] count = {0};
        readAnswers(watch, (place, answer) -> completedMicros[count[0]++] = answer.completedMicros());
        Arrays.sort(completedMicros);
        int first = (int) (completedMicros.length * CUT);
        int last = completedMicros.length - 1 - first;
        return (last - first) * 1e6 / Math.max(1, completedMicros[last] - completedMicros[first]);
    }

    /** The answers themselves to what was filled in last, in the order of the requests. */
    public List<Answer> answers(Runnable watch) throws IOException {
        Answer[] answers = new Answer[Math.toIntExact(filled)];
        readAnswers(watch, (place, answer) -> answers[place] = answer);
        return List.of(answers);
    }

    /** What is done with each answer. */
    private interface Reader {
        void read(int place, Answer answer);
    }

    private void readAnswers(Runnable watch, Reader each) throws IOException {
        before.forEach(reader::seek);
        int expected = Math.toIntExact(filled);
        BitSet answered = new BitSet(expected);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        for (int answers = 0; answers < expected; answers = answered.cardinality()) {
            watch.run();
            if (System.nanoTime() > deadline) {
                throw new IOException("answers: " + answers + " (expected: " + expected + ")");
            }
            for (ConsumerRecord<byte[], byte[]> record : reader.poll(POLL)) {
                Answer answer = dialect.answer(record);
                long place = answer.number() - (total - filled);
                // Below 0: a second answer to a request of an earlier filling.
                if (place >= 0 && !answered.get((int) place)) {
                    answered.set((int) place);
                    each.read((int) place, answer);
                }
            }
        }
    }

    /** Drops what is answered, requests and results. */
    public void empty() throws IOException, InterruptedException {
        Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
        ends(requests).forEach((partition, end) -> all.put(partition, RecordsToDelete.beforeOffset(end)));
        ends(results).forEach((partition, end) -> all.put(partition, RecordsToDelete.beforeOffset(end)));
        asking(() -> admin.deleteRecords(all).all().get());
    }

    private Map<TopicPartition, Long> ends(Collection<TopicPartition> partitions)
            throws IOException, InterruptedException {
        Map<TopicPartition, OffsetSpec> latest =
                partitions.stream().collect(Collectors.toMap(Function.identity(), partition -> OffsetSpec.latest()));
        Map<TopicPartition, Long> ends = new HashMap<>();
        asking(() -> admin.listOffsets(latest).all().get())
                .forEach((partition, end) -> ends.put(partition, end.offset()));
        return ends;
    }

    /** A question to the broker. */
    private interface Question<T> {
        T ask() throws ExecutionException, InterruptedException;
    }

    private static <T> T asking(Question<T> question) throws IOException, InterruptedException {
        try {
            return question.ask();
        } catch (ExecutionException e) {
            throw new IOException("broker: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ZERO);
        reader.close();
    }
}
