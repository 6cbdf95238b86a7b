package dev.millrace.producer.deadletter;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplayRulesTest {
    private static final byte[] KEY = {1, 2};
    private static final byte[] PAYLOAD = {3, 4, 5};

    private final ReplayRules rules =
            new ReplayRules("m.requests", 4, 3, Map.of(new Position(0, 5), new Position(1, 9)));

    @Test
    void sendsTheRequestAsItWasToThePartitionItCameFrom() {
        DeadLetter letter = letter(
                "trace=a",
                "trace=b",
                "__dlq.errors.topic=m.requests",
                "__dlq.errors.partition=2",
                "__dlq.errors.offset=77",
                "__dlq.errors.message=bad",
                "x-error-class=CORRUPT",
                "x-error-stage=decode",
                "x-error-worker=w",
                "x-payload-omitted=3");

        ProducerRecord<byte[], byte[]> request = rules.request(
                letter, new OriginalRequests.Found(letter.key(), requireNonNull(letter.payload()), letter.headers()));

        assertThat(rules.refusal(letter)).isNull();
        assertThat(request.topic()).isEqualTo("m.requests");
        assertThat(request.partition()).isEqualTo(2);
        assertThat(request.timestamp()).isNull();
        assertThat(request.key()).isEqualTo(KEY);
        assertThat(request.value()).isEqualTo(PAYLOAD);
        assertThat(Arrays.stream(request.headers().toArray())
                        .map(header -> header.key() + "=" + new String(header.value(), StandardCharsets.UTF_8)))
                .containsExactly("trace=a", "trace=b", "x-replayed-from=dlq.m.requests-0@7", "x-replay-count=1");
    }

    @Test
    void countsOnFromALetterThatDiedAgain() {
        DeadLetter letter = letter(
                "__dlq.errors.topic=m.requests",
                "__dlq.errors.partition=0",
                "__dlq.errors.offset=1",
                "x-replay-count=2",
                "x-replayed-from=dlq.m.requests-0@5");

        ProducerRecord<byte[], byte[]> request = rules.request(
                letter, new OriginalRequests.Found(letter.key(), requireNonNull(letter.payload()), letter.headers()));

        assertThat(letter.replayOf()).isEqualTo(new Position(0, 5));
        assertThat(request.headers().headers("x-replay-count"))
                .singleElement()
                .satisfies(header -> assertThat(header.value()).asString().isEqualTo("3"));
        assertThat(request.headers().headers("x-replayed-from")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"3", "4", "999999999", "4294967296", "-1", "many", ""})
    void refusesARequestReplayedTooOftenOrThatSaysNoNumber(String count) {
        DeadLetter letter = letter(
                "__dlq.errors.topic=m.requests",
                "__dlq.errors.partition=0",
                "__dlq.errors.offset=1",
                "x-replay-count=" + count);

        assertThat(rules.refusal(letter)).startsWith("replays: ").contains("(expected: fewer than 3");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "other.requests | 0 | 1 | source: other.requests (expected: m.requests)",
                "m.control | 0 | 1 | source: m.control (expected: m.requests)",
                "dlq.m.requests | 0 | 1 | source: dlq.m.requests (expected: m.requests)",
                "m.requests | 4 | 1 | source: m.requests-4@1 (expected: one of the 4 partitions of m.requests)",
                "m.requests | x | 1 | source: unknown",
                "m.requests | 0 | -1 | source: unknown",
                "m.requests | 0 | 99999999999999999999 | source: unknown",
            })
    void writesNowhereButToTheRequestsTopicWhateverHeadersSay(
            String topic, String partition, String offset, String refusal) {
        DeadLetter letter = letter(
                "__dlq.errors.topic=" + topic, "__dlq.errors.partition=" + partition, "__dlq.errors.offset=" + offset);

        assertThat(rules.refusal(letter)).startsWith(refusal);
    }

    @Test
    void believesTheLastOfTwoHeaders() {
        DeadLetter letter = letter(
                "__dlq.errors.topic=elsewhere",
                "__dlq.errors.partition=0",
                "__dlq.errors.offset=1",
                "__dlq.errors.topic=m.requests");

        assertThat(rules.refusal(letter)).isNull();
    }

    @Test
    void filtersByReasonTimePartitionAndPosition() {
        DeadLetter letter = letter("x-error-class=CORRUPT");
        Instant time = letter.time();

        assertThat(LetterFilter.ALL.admits(letter)).isTrue();
        assertThat(new LetterFilter(Set.of("CORRUPT"), time, 0, Set.of(new Position(0, 7)), 1L).admits(letter))
                .isTrue();
        assertThat(new LetterFilter(Set.of("TRUNCATED"), null, null, Set.of(), null).admits(letter))
                .isFalse();
        assertThat(new LetterFilter(Set.of(), time.plusMillis(1), null, Set.of(), null).admits(letter))
                .isFalse();
        assertThat(new LetterFilter(Set.of(), null, 1, Set.of(), null).admits(letter))
                .isFalse();
        assertThat(LetterFilter.of(Set.of(new Position(0, 8))).admits(letter)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "7", "0@", "@7", "-1@7", "0@-7", "0@7 ", "9999999999@0", "0-7"})
    void refusesWhatIsNoPosition(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Position.parse(text))
                .withMessage("position: " + text + " (expected: PARTITION@OFFSET, such as 0@17)");
    }

    private static DeadLetter letter(String... headers) {
        RecordHeaders all = new RecordHeaders();
        for (String header : headers) {
            String[] parts = header.split("=", 2);
            all.add(parts[0], parts[1].getBytes(StandardCharsets.UTF_8));
        }
        return new DeadLetter(new ConsumerRecord<>(
                "dlq.m.requests",
                0,
                7,
                1_700_000_000_000L,
                TimestampType.CREATE_TIME,
                KEY.length,
                PAYLOAD.length,
                KEY,
                PAYLOAD,
                all,
                Optional.empty()));
    }
}
