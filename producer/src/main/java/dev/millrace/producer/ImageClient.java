package dev.millrace.producer;

import dev.millrace.producer.trace.Tracing;
import dev.millrace.schemas.Feedback;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.WireSerializer;
import dev.millrace.schemas.wire.WireTerms;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Publishes images and awaits their answers. Thread-safe; one client serves a whole application.
 *
 * <pre>{@code
 * try (ImageClient client = ImageClient.connect(ClientConfig.of("127.0.0.1:9092"))) {
 *     OutgoingImage image = OutgoingImage.png(Files.readAllBytes(Path.of("boot.png"))).withKey("camera-7");
 *     Answer answer = client.publishAndAwait(image).get();
 *     if (answer.result().getStatus() == ResultStatus.OK) {
 *         System.out.println(answer.result().getLabels().get(0).getLabel() + " after " + answer.endToEnd());
 *     }
 * }
 * }</pre>
 *
 * <p>Both publishing methods wait when {@link ClientConfig#maxInFlight} images are under way, for at most
 * {@link ClientConfig#timeout}. What goes wrong with one image fails its future and nothing else:
 *
 * <ul>
 *   <li>{@link PublishException}: Kafka did not take the request, or there was no room in flight
 *   <li>{@link TimeoutException}: not answered in time, or not before the client closed
 *   <li>{@link IllegalArgumentException}: another request with the same id is awaited
 *   <li>{@link IllegalStateException}: the client is closed, or its results can no longer be read
 * </ul>
 *
 * Each message names the request.
 *
 * <p>Where OpenTelemetry is on the class path and set up before {@link #connect}, each request has a span that goes on from the calling
 * thread's, and its headers name it.
 *
 * <p>Dependents of the futures run on the client's own threads unless added with an {@code Async} method: keep them
 * short, and do not {@link #close} the client from one.
 */
public final class ImageClient implements AutoCloseable {
    private final ClientConfig config;
    private final Topics topics;
    private final Producer<String, SpecificRecord> producer;
    private final InFlightLimit inFlight;
    private final PendingAnswers pending;
    private final Tracing tracing = Tracing.ofProcess();
    private final Object lifecycle = new Object();

    // Both written under lifecycle.
    private volatile @Nullable AnswerLoop answers;
    private volatile boolean closed;

    private ImageClient(ClientConfig config) {
        this.config = config;
        topics = config.topics();
        inFlight = new InFlightLimit(config.maxInFlight(), config.timeout());
        pending = new PendingAnswers(config.timeout(), System::nanoTime, inFlight::leave);
        producer = new KafkaProducer<>(
                new KafkaProperties(config).producer(),
                new StringSerializer(),
                new WireSerializer(WireTerms.from(config.kafka())));
    }

    /**
     * Connects to a broker that answers and has the topics.
     *
     * @throws BrokerUnreachableException when no broker answers within {@link
     *     dev.millrace.schemas.topic.BrokerProbe#PATIENCE}
     * @throws MissingTopicException when the requests or the results topic is not there
     * @throws KafkaException when a Kafka property is wrong
     */
    public static ImageClient connect(ClientConfig config) throws BrokerUnreachableException, InterruptedException {
        RequiredTopics.check(
                config, List.of(config.topics().requests(), config.topics().results()));
        return new ImageClient(config);
    }

    /** Publishes {@code image}. The receipt comes when all in-sync replicas have it. */
    public CompletableFuture<Receipt> publish(OutgoingImage image) {
        String requestId = image.requestId();
        Throwable refusal = enter(requestId);
        if (refusal != null) {
            return CompletableFuture.failedFuture(refusal);
        }
        Instant createdAt = now();
        CompletableFuture<Receipt> receipt = new CompletableFuture<>();
        send(image, createdAt, (metadata, failure) -> {
            inFlight.leave();
            complete(receipt, requestId, createdAt, metadata, failure);
        });
        return receipt;
    }

    /** As {@link #feedback(String, RequestPlace, String, String)}, of a request whose place is not known. */
    public CompletableFuture<Receipt> feedback(String requestId, String label, String observedBy) {
        return feedback(requestId, null, label, observedBy);
    }

    /** As {@link #feedback(String, RequestPlace, String, String)}, of the request that {@code result} answers. */
    public CompletableFuture<Receipt> feedback(InferenceResult result, String label, String observedBy) {
        return feedback(result.getRequestId(), RequestPlace.of(result), label, observedBy);
    }

    /** As {@link #feedback(String, RequestPlace, String, String)}, of the request that {@link #publish} gave {@code request} for. */
    public CompletableFuture<Receipt> feedback(Receipt request, String label, String observedBy) {
        return feedback(request.requestId(), RequestPlace.of(request), label, observedBy);
    }

    /**
     * Says what a request really showed, once that is known: the judge measures accuracy by it, and models are retrained on it. A later
     * label of the same request supersedes. The receipt comes when all in-sync replicas have it. It is no image in flight, and may be said
     * by an answer's dependent.
     *
     * @param place where the request is; null: not known
     * @param label class name as in the manifest of the model that answered
     * @param observedBy who says so: a person or a system
     */
    public CompletableFuture<Receipt> feedback(
            String requestId, @Nullable RequestPlace place, String label, String observedBy) {
        if (closed) {
            return CompletableFuture.failedFuture(closed(requestId));
        }
        Instant observedAt = now();
        Feedback feedback = new Feedback(
                requestId,
                label,
                observedAt.truncatedTo(ChronoUnit.MILLIS),
                observedBy,
                place == null ? "" : place.topic(),
                place == null ? -1 : place.partition(),
                place == null ? -1L : place.offset());
        CompletableFuture<Receipt> receipt = new CompletableFuture<>();
        send(
                new ProducerRecord<>(topics.feedback(), requestId, feedback),
                (metadata, failure) -> complete(receipt, requestId, observedAt, metadata, failure));
        return receipt;
    }

    private static void complete(
            CompletableFuture<Receipt> receipt,
            String requestId,
            Instant at,
            RecordMetadata metadata,
            @Nullable Exception failure) {
        if (failure == null) {
            receipt.complete(new Receipt(requestId, metadata.topic(), metadata.partition(), metadata.offset(), at));
        } else {
            receipt.completeExceptionally(new PublishException(requestId, failure));
        }
    }

    /**
     * Publishes {@code image} and gives its answer, whatever its status. The first call begins to read the results
     * topic, at its end. Cancelling the future gives its room in flight back; the request stays published.
     */
    public CompletableFuture<Answer> publishAndAwait(OutgoingImage image) {
        String requestId = image.requestId();
        Throwable refusal = enter(requestId);
        if (refusal != null) {
            return CompletableFuture.failedFuture(refusal);
        }
        AnswerLoop loop;
        try {
            loop = answerLoop(requestId);
        } catch (RuntimeException e) {
            inFlight.leave();
            return CompletableFuture.failedFuture(e);
        }
        Instant createdAt = now();
        CompletableFuture<Answer> answer = pending.register(requestId, createdAt);
        if (answer == null) {
            inFlight.leave();
            return CompletableFuture.failedFuture(new IllegalArgumentException(
                    "requestId: " + requestId + " is awaited already (expected: an id of its own)"));
        }
        // Asked after registering: a loop that ends now fails what is registered, one that had ended would not.
        RuntimeException ended = loop.failure(requestId);
        if (ended != null) {
            pending.fail(requestId, answer, ended);
            return answer;
        }
        send(image, createdAt, (metadata, failure) -> {
            if (failure != null) {
                pending.fail(requestId, answer, new PublishException(requestId, failure));
            }
        });
        return answer;
    }

    /** Images under way now: published and not acknowledged, or awaited and not answered. */
    public int inFlight() {
        return inFlight.current();
    }

    /** Records on the results topic that were no result and were passed over. */
    public long undecodableResults() {
        AnswerLoop loop = answers;
        return loop == null ? 0 : loop.undecodable();
    }

    /** Closes with the configured timeout as patience. */
    @Override
    public void close() {
        close(config.timeout());
    }

    /**
     * Takes no further images, flushes what was taken, waits for the answers under way, and fails those that have not
     * come after {@code patience}. When interrupted it fails them at once. Closing again does nothing.
     */
    public void close(Duration patience) {
        AnswerLoop loop;
        synchronized (lifecycle) {
            loop = answers;
            if (loop != null && loop.isCurrentThread()) {
                throw new IllegalStateException("close: called from an answer's dependent (expected: another thread)");
            }
            if (closed) {
                return;
            }
            closed = true;
        }
        long end = System.nanoTime() + patience.toNanos();
        boolean interrupted = false;
        try {
            producer.close(patience);
            pending.awaitNone(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
        } catch (InterruptedException | org.apache.kafka.common.errors.InterruptException e) {
            interrupted = true;
        }
        interrupted |= Thread.interrupted();
        pending.failAll(requestId -> new TimeoutException("request " + requestId
                + ": not answered when the client closed (waited " + patience.toMillis() + " ms)"));
        try {
            if (loop != null) {
                loop.stop();
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private @Nullable Throwable enter(String requestId) {
        if (closed) {
            return closed(requestId);
        }
        try {
            inFlight.enter();
        } catch (TimeoutException e) {
            return new PublishException(requestId, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new PublishException(requestId, e);
        }
        return null;
    }

    /** The loop that reads results, from before this request can be published. */
    private AnswerLoop answerLoop(String requestId) {
        AnswerLoop loop = answers;
        if (loop != null) {
            return loop;
        }
        synchronized (lifecycle) {
            if (closed) {
                throw closed(requestId);
            }
            loop = answers;
            if (loop == null) {
                loop = new AnswerLoop(ResultReader.openUnchecked(config, ResultReader.Start.END), pending);
                loop.start();
                answers = loop;
            }
            return loop;
        }
    }

    private void send(OutgoingImage image, Instant createdAt, Callback done) {
        ProducerRecord<String, SpecificRecord> message =
                new ProducerRecord<>(topics.requests(), image.routingKey(), RequestEncoder.encode(image, createdAt));
        send(message, tracing.sending(message, image.requestId(), done));
    }

    private void send(ProducerRecord<String, SpecificRecord> record, Callback done) {
        try {
            var unused = producer.send(record, done);
        } catch (KafkaException | IllegalStateException e) {
            // Thrown instead of told to the callback: a full buffer, or a producer that was closed meanwhile.
            done.onCompletion(null, e);
        }
    }

    private static IllegalStateException closed(String requestId) {
        return new IllegalStateException("request " + requestId + ": not published: the client is closed");
    }

    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MICROS);
    }
}
