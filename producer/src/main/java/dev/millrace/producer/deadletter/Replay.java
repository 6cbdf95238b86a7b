package dev.millrace.producer.deadletter;

import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.KafkaProperties;
import dev.millrace.producer.RequiredTopics;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Sends letters back to the requests topic. A letter stays where it is, and nothing is noted about it: who replays it
 * twice asks twice, under the same request id. Belongs to one thread; outcomes come on the producer's.
 */
public final class Replay implements AutoCloseable {
    /**
     * What to replay and what not.
     *
     * @param maxReplays a request replayed as often is refused
     * @param latestOnly whether to leave a letter alone whose replay became a letter too, which takes a look through all
     *     letters: else every run would send a request once more per time that it died
     * @param dryRun decide, and send nothing
     */
    public record Plan(int maxReplays, boolean latestOnly, boolean dryRun) {
        /** Checks the values. */
        public Plan {
            if (maxReplays < 1) {
                throw new IllegalArgumentException("max-replays: " + maxReplays + " (expected: 1 or more)");
            }
        }
    }

    /** What became of a letter. */
    public enum Result {
        /** The requests topic has it, or would have it. */
        REPLAYED,
        /** Left alone for the letter that its replay became. */
        SUPERSEDED,
        /** The rules do not allow it, or its request cannot be had any more. */
        REFUSED,
        /** Kafka did not take it. */
        FAILED
    }

    /**
     * What became of a letter.
     *
     * @param detail one line for people; empty for {@link Result#REPLAYED}
     */
    public record Outcome(Result result, String detail) {}

    private static final Duration POLL = Duration.ofMillis(200);

    private final ReplayRules rules;
    private final OriginalRequests originals;
    private final @Nullable Producer<byte @Nullable [], byte[]> producer;

    private Replay(
            ReplayRules rules, OriginalRequests originals, @Nullable Producer<byte @Nullable [], byte[]> producer) {
        this.rules = rules;
        this.originals = originals;
        this.producer = producer;
    }

    /**
     * Prepares to replay.
     *
     * @throws BrokerUnreachableException when no broker answers
     * @throws dev.millrace.producer.MissingTopicException when there is no requests or no dead-letter topic
     */
    public static Replay open(ClientConfig config, Plan plan) throws BrokerUnreachableException, InterruptedException {
        String requests = config.topics().requests();
        RequiredTopics.check(config, List.of(requests, config.topics().deadLetters()));
        Map<Position, Position> diedAgain = plan.latestOnly() ? diedAgain(config) : Map.of();
        OriginalRequests originals = new OriginalRequests(config);
        try {
            ReplayRules rules = new ReplayRules(requests, originals.partitions(), plan.maxReplays(), diedAgain);
            return new Replay(rules, originals, plan.dryRun() ? null : producer(config));
        } catch (RuntimeException e) {
            originals.close();
            throw e;
        }
    }

    private static Producer<byte @Nullable [], byte[]> producer(ClientConfig config) {
        return new KafkaProducer<>(
                new KafkaProperties(config).producer(), new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static Map<Position, Position> diedAgain(ClientConfig config)
            throws BrokerUnreachableException, InterruptedException {
        Map<Position, Position> diedAgain = new HashMap<>();
        try (LetterReader reader = LetterReader.open(config, LetterFilter.ALL)) {
            while (!reader.atEnd()) {
                for (DeadLetter letter : reader.poll(POLL)) {
                    Position before = letter.replayOf();
                    if (before != null) {
                        diedAgain.put(before, letter.position());
                    }
                }
            }
        }
        return diedAgain;
    }

    /** Sends {@code letter} back, unless the rules say otherwise. The future never fails. */
    public CompletableFuture<Outcome> replay(DeadLetter letter) {
        Position diedAgain = rules.diedAgainAs(letter);
        if (diedAgain != null) {
            return outcome(Result.SUPERSEDED, "replayed before, and a letter again as " + diedAgain);
        }
        String refusal = rules.refusal(letter);
        if (refusal != null) {
            return outcome(Result.REFUSED, refusal);
        }
        try {
            OriginalRequests.Lookup lookup = originals.of(letter);
            if (lookup instanceof OriginalRequests.Gone gone) {
                return outcome(Result.REFUSED, gone.why());
            }
            return send(rules.request(letter, (OriginalRequests.Found) lookup));
        } catch (KafkaException e) {
            return outcome(Result.FAILED, "Kafka: " + e.getMessage());
        }
    }

    private CompletableFuture<Outcome> send(ProducerRecord<byte @Nullable [], byte[]> request) {
        if (producer == null) {
            return outcome(Result.REPLAYED, "");
        }
        CompletableFuture<Outcome> sent = new CompletableFuture<>();
        var unused = producer.send(
                request,
                (metadata, failure) -> sent.complete(
                        failure == null
                                ? new Outcome(Result.REPLAYED, "")
                                : new Outcome(Result.FAILED, "Kafka: " + failure.getMessage())));
        return sent;
    }

    private static CompletableFuture<Outcome> outcome(Result result, String detail) {
        return CompletableFuture.completedFuture(new Outcome(result, detail));
    }

    /** Waits for what is under way, then closes. */
    @Override
    public void close() {
        try {
            if (producer != null) {
                producer.close();
            }
        } finally {
            originals.close();
        }
    }
}
