package dev.millrace.bench.bed;

import dev.millrace.bench.bed.Dialect.Answer;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.topic.Topics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests at moments that are fixed beforehand, exponentially distributed as those of many independent producers are, and reads
 * the answers meanwhile. A time begins when its request should have been sent, whether it could be or not: nothing that is slow hides
 * what comes after it ("coordinated omission", Tene 2013).
 *
 * <p>One thread calls; another one, of {@link #run}, reads.
 */
public final class OpenLoop implements AutoCloseable {
    /** Producer's, beside its defaults: a user who cares for latency sets it. */
    public static final int LINGER_MS = 1;

    private static final Duration POLL = Duration.ofMillis(5);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long LONGEST_MICROS = TimeUnit.MINUTES.toMicros(2);
    private static final int DIGITS = 3;
    /** Of the requests, from the first on, that do not count: consumers and batches settle into the new rate. */
    private static final double SETTLING = 0.1;

    private final Topics topics;
    private final List<ImageRequest> images;
    private final KafkaProducer<byte[], byte[]> producer;
    private final KafkaConsumer<byte[], byte[]> reader;
    private final List<TopicPartition> results;
    private final Dialect dialect;
    private long total;

    /**
     * What one load came to.
     *
     * @param latencies in microseconds
     * @param lateness of the sender, in microseconds
     * @param stages in microseconds, by the name of the stage
     * @param meanBatch images in the run that answered, as an answer sees it
     * @param passages of all requests in turn, those that settle included
     */
    public record Outcome(
            Histogram latencies,
            Histogram lateness,
            Map<String, Histogram> stages,
            double meanBatch,
            List<Passage> passages) {
        /** Copies the list. */
        public Outcome {
            passages = List.copyOf(passages);
        }
    }

    /**
     * One request and its answer.
     *
     * @param sentMicros since the epoch
     * @param completedMicros of the answer, as whoever answers tells it
     */
    public record Passage(long sentMicros, long completedMicros) {}

    /** When requests come, on average as often as one is told. */
    public enum Arrivals {
        /** As from many independent producers. */
        EXPONENTIAL,
        /** One like the other. */
        REGULAR
    }

    /**
     * Connects.
     *
     * @param images of the requests, in turn
     * @param dialect of who answers
     */
    public OpenLoop(String bootstrap, Topics topics, List<ImageRequest> images, Dialect dialect) {
        this.dialect = dialect;
        this.topics = topics;
        this.images = images;
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrap, "linger.ms", LINGER_MS, "client.id", "open-loop"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        reader = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed", "client.id", "answers"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        try {
            results = reader.partitionsFor(topics.results()).stream()
                    .map(OpenLoop::partition)
                    .toList();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
        reader.assign(results);
    }

    private static TopicPartition partition(PartitionInfo info) {
        return new TopicPartition(info.topic(), info.partition());
    }

    /**
     * Sends for so long at that rate, and returns when all is answered.
     *
     * @param perSecond on average
     * @throws IOException when an answer is no label, or one does not come
     */
    public Outcome run(double perSecond, Duration window, long seed) throws IOException, InterruptedException {
        return run(Arrivals.EXPONENTIAL, perSecond, window, seed);
    }

    /** As above, with other moments. */
    public Outcome run(Arrivals arrivals, double perSecond, Duration window, long seed)
            throws IOException, InterruptedException {
        long[] moments = moments(arrivals, perSecond, window, new Random(seed));
        long first = total;
        reader.seekToEnd(results);
        results.forEach(reader::position);
        Answers answers = new Answers(first, moments, (int) (moments.length * SETTLING));
        Thread reading = new Thread(answers::read, "answers");
        reading.start();
        Histogram lateness;
        try {
            lateness = send(moments, answers);
        } catch (RuntimeException e) {
            answers.fail(new IOException("request: " + e.getMessage(), e));
            throw e;
        } finally {
            reading.join();
        }
        answers.rethrow();
        return new Outcome(answers.latencies, lateness, answers.stages, answers.meanBatch(), answers.passages());
    }

    /** Nanoseconds from the start. */
    private static long[] moments(Arrivals arrivals, double perSecond, Duration window, Random random) {
        long[] moments = new long[Math.max(1, (int) (perSecond * window.toMillis() / 1e3))];
        double at = 0;
        for (int i = 0; i < moments.length; i++) {
            double gaps = arrivals == Arrivals.REGULAR ? 1 : -Math.log(1 - random.nextDouble());
            at += gaps / perSecond * 1e9;
            moments[i] = (long) at;
        }
        return moments;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // The callback says the same.
    private Histogram send(long[] moments, Answers answers) {
        Histogram lateness = histogram();
        long start = answers.startNanos;
        for (int i = 0; i < moments.length && !answers.failed(); i++) {
            long due = start + moments[i];
            for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            if (i >= answers.settling) {
                lateness.recordValue(micros(System.nanoTime() - due));
            }
            Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
            answers.sentMicros[i] = ChronoUnit.MICROS.between(Instant.EPOCH, now);
            producer.send(next(now), (metadata, failure) -> {
                if (failure != null) {
                    answers.fail(new IOException("request: " + failure.getMessage(), failure));
                }
            });
        }
        return lateness;
    }

    private ProducerRecord<byte[], byte[]> next(Instant createdAt) {
        long number = total++;
        ImageRequest request = images.get((int) (number % images.size()));
        String id = Long.toString(number);
        request.setRequestId(id);
        request.setCreatedAt(createdAt);
        return new ProducerRecord<>(topics.requests(), id.getBytes(StandardCharsets.UTF_8), dialect.request(request));
    }

    private static Histogram histogram() {
        Histogram histogram = new Histogram(LONGEST_MICROS, DIGITS);
        histogram.setAutoResize(true);
        return histogram;
    }

    private static long micros(long nanos) {
        return Math.max(0, nanos / 1000);
    }

    /** Reader's thread: everything but {@link #fail} and {@link #failed}; and what it found is read after its end. */
    private final class Answers {
        private final long first;
        private final long[] moments;
        private final int settling;
        private final Histogram latencies = histogram();
        private final Map<String, Histogram> stages = new LinkedHashMap<>();
        private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
        private final long startNanos = System.nanoTime();
        private final boolean[] answered;
        /** Sender's, and read after its end. */
        private final long[] sentMicros;

        private final long[] completedMicros;
        private int missing;
        private int oldest;
        private long batches;

        Answers(long first, long[] moments, int settling) {
            this.first = first;
            this.moments = moments;
            this.settling = settling;
            this.answered = new boolean[moments.length];
            this.sentMicros = new long[moments.length];
            this.completedMicros = new long[moments.length];
            this.missing = moments.length;
        }

        void read() {
            try {
                while (missing > 0 && !failed()) {
                    ConsumerRecords<byte[], byte[]> found = reader.poll(POLL);
                    // Once for all: what the bench does with the first is no time of the last.
                    long now = System.nanoTime();
                    for (ConsumerRecord<byte[], byte[]> answer : found) {
                        note(dialect.answer(answer), now);
                    }
                    requirePatience(now);
                }
            } catch (RuntimeException e) {
                fail(new IOException("answer: " + e.getMessage(), e));
            } catch (IOException e) {
                fail(e);
            }
        }

        private void note(Answer answer, long now) {
            long number = answer.number() - first;
            // An answer may come again, also to a request of a run before this one.
            if (number < 0 || number >= moments.length || answered[(int) number]) {
                return;
            }
            int index = (int) number;
            answered[index] = true;
            completedMicros[index] = answer.completedMicros();
            missing--;
            if (index >= settling) {
                latencies.recordValue(micros(now - startNanos - moments[index]));
                answer.stageMicros().forEach(this::note);
                batches += answer.images();
            }
        }

        private void requirePatience(long now) throws IOException {
            while (oldest < moments.length && answered[oldest]) {
                oldest++;
            }
            if (oldest < moments.length && now - startNanos - moments[oldest] > PATIENCE.toNanos()) {
                throw new IOException("answers: one of " + moments.length + " did not come within "
                        + PATIENCE.toSeconds() + " s (expected: all)");
            }
        }

        private void note(String stage, long micros) {
            stages.computeIfAbsent(stage, name -> histogram()).recordValue(Math.max(0, micros));
        }

        List<Passage> passages() {
            return IntStream.range(0, moments.length)
                    .mapToObj(i -> new Passage(sentMicros[i], completedMicros[i]))
                    .toList();
        }

        double meanBatch() {
            return (double) batches / Math.max(1, moments.length - settling);
        }

        void fail(IOException problem) {
            failure.compareAndSet(null, problem);
        }

        boolean failed() {
            return failure.get() != null;
        }

        void rethrow() throws IOException {
            IOException problem = failure.get();
            if (problem != null) {
                throw problem;
            }
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ZERO);
        reader.close();
    }
}
