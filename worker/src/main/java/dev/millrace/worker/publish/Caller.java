package dev.millrace.worker.publish;

import dev.millrace.schemas.wire.WireHeaders;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Who asked, as the headers of a request's record say it; anybody may have written them. Where a header is there more than
 * once, the last one counts, as everywhere in Kafka.
 *
 * @param echoed headers that go with every answer
 * @param replyTo where a copy of the result is waited for; null: nowhere
 * @param malformed why no reply can be sent although one is asked for; null: it can
 */
record Caller(
        List<Header> echoed,
        @Nullable ReplyAddress replyTo,
        @Nullable String malformed) {
    /** Said nothing. */
    static final Caller NOBODY = new Caller(List.of(), null, null);

    /** Longest header that is echoed, in bytes: a result must fit its topic whatever its request says. */
    static final int LONGEST_ECHO = 4_096;

    /** As the broker has it. */
    private static final int LONGEST_TOPIC = 249;

    private static final int MOST_DIGITS = 9;

    /** Looks at each header once: this is done for every request. */
    static Caller of(Headers headers) {
        Header correlation = null;
        Header topic = null;
        Header partition = null;
        Header traceparent = null;
        Header tracestate = null;
        for (Header header : headers.toArray()) {
            switch (header.key()) {
                case WireHeaders.CORRELATION_ID -> correlation = header;
                case WireHeaders.REPLY_TOPIC -> topic = header;
                case WireHeaders.REPLY_PARTITION -> partition = header;
                case WireHeaders.TRACEPARENT -> traceparent = header;
                case WireHeaders.TRACESTATE -> tracestate = header;
                default -> {}
            }
        }
        if (correlation == null && topic == null && traceparent == null && tracestate == null) {
            return NOBODY;
        }
        List<Header> echoed = Stream.of(correlation, traceparent, tracestate)
                .filter(Caller::mayBeEchoed)
                .toList();
        if (topic == null) {
            return new Caller(echoed, null, null);
        }
        try {
            requireShort(correlation);
            return new Caller(echoed, new ReplyAddress(topicOf(topic.value()), partitionOf(partition)), null);
        } catch (IllegalArgumentException e) {
            return new Caller(echoed, null, e.getMessage());
        }
    }

    private static boolean mayBeEchoed(@Nullable Header header) {
        return header != null && header.value() != null && header.value().length <= LONGEST_ECHO;
    }

    /** Without it the reply would be nobody's. */
    private static void requireShort(@Nullable Header correlation) {
        if (correlation != null && correlation.value() != null && correlation.value().length > LONGEST_ECHO) {
            throw new IllegalArgumentException(WireHeaders.CORRELATION_ID + ": " + correlation.value().length
                    + " bytes (expected: at most " + LONGEST_ECHO + ")");
        }
    }

    private static String topicOf(byte @Nullable [] name) {
        if (name == null || !isTopic(name)) {
            throw new IllegalArgumentException(WireHeaders.REPLY_TOPIC + ": " + described(name)
                    + " (expected: at most 249 letters, digits, '.', '_' or '-')");
        }
        return new String(name, StandardCharsets.US_ASCII);
    }

    private static boolean isTopic(byte[] name) {
        boolean legal = name.length > 0 && name.length <= LONGEST_TOPIC;
        boolean dots = name.length <= 2;
        for (int i = 0; legal && i < name.length; i++) {
            legal = isLegal(name[i]);
            dots &= name[i] == '.';
        }
        return legal && !dots;
    }

    private static boolean isLegal(byte letter) {
        return (letter >= 'a' && letter <= 'z')
                || (letter >= 'A' && letter <= 'Z')
                || isDigit(letter)
                || letter == '.'
                || letter == '_'
                || letter == '-';
    }

    private static boolean isDigit(byte letter) {
        return letter >= '0' && letter <= '9';
    }

    private static int partitionOf(@Nullable Header header) {
        byte[] value = header == null ? null : header.value();
        if (value == null) {
            return ReplyAddress.ANY;
        }
        int partition = -1;
        // Four digits are text: as a number they would be above 800,000,000, and no topic has so many partitions.
        if (isText(value)) {
            partition = Integer.parseInt(new String(value, StandardCharsets.US_ASCII));
        } else if (value.length == Integer.BYTES) {
            partition = ByteBuffer.wrap(value).getInt();
        }
        if (partition < 0) {
            throw new IllegalArgumentException(WireHeaders.REPLY_PARTITION + ": " + described(value)
                    + " (expected: a number from 0 on, as four bytes or as text)");
        }
        return partition;
    }

    private static boolean isText(byte[] value) {
        boolean text = value.length > 0 && value.length <= MOST_DIGITS;
        for (int i = 0; text && i < value.length; i++) {
            text = isDigit(value[i]);
        }
        return text;
    }

    /** Not the bytes themselves: they end in logs. */
    private static String described(byte @Nullable [] value) {
        return value == null ? "null" : value.length + " bytes of something else";
    }
}
