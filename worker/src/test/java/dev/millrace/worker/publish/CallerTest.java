package dev.millrace.worker.publish;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallerTest {
    private final RecordHeaders headers = new RecordHeaders();

    @Test
    void whoSaysNothingIsNobody() {
        assertThat(Caller.of(headers)).isSameAs(Caller.NOBODY);
        with("content-type", text("application/avro")).with("user", text("u"));
        assertThat(Caller.of(headers)).isSameAs(Caller.NOBODY);
    }

    @Test
    void readsWhatSpringWrites() {
        byte[] id = {0, -1, 17, 4};
        with("kafka_correlationId", id)
                .with("kafka_replyTopic", text("replies"))
                .with("kafka_replyPartition", ByteBuffer.allocate(4).putInt(130).array());

        Caller caller = Caller.of(headers);

        assertThat(caller.replyTo()).isEqualTo(new ReplyAddress("replies", 130));
        assertThat(caller.malformed()).isNull();
        assertThat(caller.echoed()).singleElement().satisfies(echoed -> {
            assertThat(echoed.key()).isEqualTo("kafka_correlationId");
            assertThat(echoed.value()).isEqualTo(id);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "7", "1234", "000012", "999999999"})
    void readsAPartitionThatIsText(String partition) {
        with("kafka_replyTopic", text("replies")).with("kafka_replyPartition", text(partition));

        assertThat(Caller.of(headers).replyTo()).isEqualTo(new ReplyAddress("replies", Integer.parseInt(partition)));
    }

    @Test
    void aReplyWithoutAPartitionMayGoToAny() {
        with("kafka_replyTopic", text("replies")).with("kafka_replyPartition", null);

        assertThat(Caller.of(headers).replyTo()).isEqualTo(new ReplyAddress("replies", ReplyAddress.ANY));
    }

    @Test
    void aPartitionWithoutATopicAsksForNothing() {
        with("kafka_replyPartition", text("nonsense"));

        assertThat(Caller.of(headers)).isSameAs(Caller.NOBODY);
    }

    @Test
    void echoesTheTraceWhoeverWaits() {
        with("traceparent", text("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
                .with("tracestate", text("a=1"));

        assertThat(Caller.of(headers).echoed()).extracting(Header::key).containsExactly("traceparent", "tracestate");
        assertThat(Caller.of(headers).replyTo()).isNull();
    }

    @Test
    void theLastOfSeveralCounts() {
        with("kafka_replyTopic", text("first"))
                .with("traceparent", text("first"))
                .with("kafka_replyTopic", text("last"))
                .with("traceparent", text("last"));

        assertThat(Caller.of(headers).replyTo()).isEqualTo(new ReplyAddress("last", ReplyAddress.ANY));
        assertThat(Caller.of(headers).echoed()).singleElement().satisfies(trace -> assertThat(trace.value())
                .isEqualTo(text("last")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "..",
                "a b",
                "a/b",
                "a\u0000",
                "\u00e4",
                "\ud83d\ude00",
                "replies\n",
                "a:b",
                "\"replies\""
            })
    void refusesATopicThatNoTopicCanBeCalled(String topic) {
        with("kafka_replyTopic", text(topic)).with("kafka_correlationId", text("id"));

        Caller caller = Caller.of(headers);

        assertThat(caller.replyTo()).isNull();
        assertThat(caller.malformed()).startsWith("kafka_replyTopic: ").contains("(expected: ");
        // Its result has them all the same.
        assertThat(caller.echoed()).hasSize(1);
    }

    @Test
    void refusesATopicOfNoBytesAtAllAndOneThatIsTooLong() {
        with("kafka_replyTopic", null);
        assertThat(Caller.of(headers).malformed()).startsWith("kafka_replyTopic: null");
        with("kafka_replyTopic", text("t".repeat(250)));
        assertThat(Caller.of(headers).malformed()).startsWith("kafka_replyTopic: 250 bytes");
        with("kafka_replyTopic", new byte[] {'a', (byte) 0xC3});
        assertThat(Caller.of(headers).malformed()).startsWith("kafka_replyTopic: 2 bytes");
        with("kafka_replyTopic", text("t".repeat(249)));
        assertThat(Caller.of(headers).malformed()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "-1", "+1", "1.0", " 1", "1 ", "0x1", "one", "1000000000", "99999999999999999999", "\u0661"})
    void refusesAPartitionThatIsNoNumber(String partition) {
        with("kafka_replyTopic", text("replies")).with("kafka_replyPartition", text(partition));

        assertThat(Caller.of(headers).replyTo()).isNull();
        assertThat(Caller.of(headers).malformed())
                .startsWith("kafka_replyPartition: ")
                .contains("(expected: ");
    }

    @Test
    void refusesAPartitionBelowZero() {
        with("kafka_replyTopic", text("replies")).with("kafka_replyPartition", new byte[] {-1, -1, -1, -1});

        assertThat(Caller.of(headers).malformed()).startsWith("kafka_replyPartition: ");
    }

    @Test
    void doesNotEchoWhatWouldMakeItsResultTooLarge() {
        byte[] huge = new byte[1_000_000];
        with("traceparent", huge)
                .with("tracestate", null)
                .with("kafka_correlationId", huge)
                .with("kafka_replyTopic", text("replies"));

        Caller caller = Caller.of(headers);

        assertThat(caller.echoed()).isEmpty();
        assertThat(caller.replyTo()).isNull();
        assertThat(caller.malformed()).isEqualTo("kafka_correlationId: 1000000 bytes (expected: at most 4096)");
    }

    @Test
    void readsOrRefusesWhateverComes() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String[] names = {"kafka_correlationId", "kafka_replyTopic", "kafka_replyPartition", "traceparent", "tracestate"
        };
        for (int round = 0; round < 20_000; round++) {
            Headers noise = new RecordHeaders();
            for (int i = random.nextInt(8); i > 0; i--) {
                byte[] value = new byte[random.nextInt(12)];
                random.nextBytes(value);
                noise.add(new RecordHeader(names[random.nextInt(names.length)], random.nextInt(9) == 0 ? null : value));
            }

            Caller caller = Caller.of(noise);

            ReplyAddress replyTo = caller.replyTo();
            if (replyTo != null) {
                assertThat(replyTo.topic()).as("seed %d", seed).matches("[A-Za-z0-9._-]+");
                assertThat(replyTo.partition()).as("seed %d", seed).isGreaterThanOrEqualTo(ReplyAddress.ANY);
                assertThat(caller.malformed()).as("seed %d", seed).isNull();
            }
        }
    }

    private CallerTest with(String name, byte @Nullable [] value) {
        headers.add(new RecordHeader(name, value));
        return this;
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
