package dev.millrace.producer.deadletter;

import dev.millrace.schemas.wire.WireHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Which letters may be sent again, and as what. Pure.
 *
 * @param requests the only topic that letters may go back to: headers are a producer's to write, and must not make a
 *     replay write elsewhere
 * @param partitions of that topic
 * @param maxReplays a request replayed as often is not replayed again
 * @param diedAgain letters whose replay is itself a letter by now, to that letter
 */
record ReplayRules(String requests, int partitions, int maxReplays, Map<Position, Position> diedAgain) {
    private static final Set<String> LETTER_HEADERS = Set.of(
            WireHeaders.ERROR_CLASS,
            WireHeaders.ERROR_STAGE,
            WireHeaders.ERROR_WORKER,
            WireHeaders.PAYLOAD_OMITTED,
            WireHeaders.REPLAYED_FROM,
            WireHeaders.REPLAY_COUNT);

    /** Why {@code letter} may not be sent again; null when it may. */
    @Nullable
    String refusal(DeadLetter letter) {
        DeadLetter.Source source = letter.source();
        if (source == null) {
            return "source: unknown (expected: topic, partition and offset in the letter's headers)";
        }
        if (!source.topic().equals(requests)) {
            return "source: " + source.topic() + " (expected: " + requests + ")";
        }
        if (source.position().partition() >= partitions) {
            return "source: " + source + " (expected: one of the " + partitions + " partitions of " + requests + ")";
        }
        if (letter.replays() >= maxReplays) {
            return "replays: " + letter.replays() + " (expected: fewer than " + maxReplays + ", see --max-replays)";
        }
        return null;
    }

    /** The letter that a replay of {@code letter} ended as; null when none is known. */
    @Nullable
    Position diedAgainAs(DeadLetter letter) {
        return diedAgain.get(letter.position());
    }

    /**
     * The request to send: key, bytes and headers as they were, without what made it a letter. It goes to the partition
     * it came from, which not every producer chooses by Kafka's own hash.
     */
    ProducerRecord<byte @Nullable [], byte[]> request(DeadLetter letter, OriginalRequests.Found original) {
        DeadLetter.Source source = letter.source();
        if (source == null) {
            throw new IllegalArgumentException("source: unknown (expected: a letter that is not refused)");
        }
        Headers headers = new RecordHeaders();
        original.headers().forEach(header -> {
            if (!header.key().startsWith(WireHeaders.DLQ_PREFIX) && !LETTER_HEADERS.contains(header.key())) {
                headers.add(header);
            }
        });
        headers.add(WireHeaders.REPLAYED_FROM, letter.name().getBytes(StandardCharsets.UTF_8));
        headers.add(
                WireHeaders.REPLAY_COUNT, Integer.toString(letter.replays() + 1).getBytes(StandardCharsets.UTF_8));
        return new ProducerRecord<>(
                requests, source.position().partition(), null, original.key(), original.payload(), headers);
    }
}
