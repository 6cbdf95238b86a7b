package dev.millrace.producer.deadletter;

import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.schemas.wire.WireHeaders;
import dev.millrace.schemas.wire.WireTerms;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * One record of the dead-letter topic: a request as it was, and in its headers why it is here. Written by a worker, or by
 * the broker for a share group (KIP-1191), whose letters have the {@code __dlq.errors.*} headers only. Immutable, but for
 * the arrays it hands out.
 */
public final class DeadLetter {
    /**
     * The request that a letter was.
     *
     * @param topic it was read from
     * @param position on that topic
     */
    public record Source(String topic, Position position) {
        @Override
        public String toString() {
            return topic + "-" + position;
        }
    }

    private static final int LARGEST_COUNT_DIGITS = 9;

    private final ConsumerRecord<byte @Nullable [], byte @Nullable []> entry;

    DeadLetter(ConsumerRecord<byte @Nullable [], byte @Nullable []> entry) {
        this.entry = entry;
    }

    /** Where the letter is on its topic. */
    public Position position() {
        return new Position(entry.partition(), entry.offset());
    }

    /** The letter's name across topics: {@code topic-partition@offset}. */
    public String name() {
        return entry.topic() + "-" + position();
    }

    /** The request's time, which a worker keeps; the letter's own where the topic stamps what it appends. */
    public Instant time() {
        return Instant.ofEpochMilli(entry.timestamp());
    }

    /** Whether {@link #time} is the request's. */
    boolean keepsTime() {
        return entry.timestampType() == TimestampType.CREATE_TIME;
    }

    /** The request's key. */
    public byte @Nullable [] key() {
        return entry.key();
    }

    /** The request's bytes; null when they are not in the letter. */
    public byte @Nullable [] payload() {
        return entry.value();
    }

    /** The request's headers, and those of the letter. */
    public Headers headers() {
        return entry.headers();
    }

    /** The last header called {@code name} as text; null when there is none. */
    public @Nullable String text(String name) {
        Header header = entry.headers().lastHeader(name);
        byte[] value = header == null ? null : header.value();
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }

    /** The stable word for why it is here, such as {@code CRC_MISMATCH}; null on a broker's letter. */
    public @Nullable String reason() {
        return text(WireHeaders.ERROR_CLASS);
    }

    /** The request it was; null when the headers do not say. */
    public @Nullable Source source() {
        String topic = text(WireHeaders.DLQ_PREFIX + "topic");
        String partition = text(WireHeaders.DLQ_PREFIX + "partition");
        String offset = text(WireHeaders.DLQ_PREFIX + "offset");
        if (topic == null) {
            return null;
        }
        try {
            return new Source(topic, Position.parse(partition + "@" + offset));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Bytes of the request: of the payload, or of the payload that was left out; -1 when not known. */
    public long payloadBytes() {
        byte[] payload = entry.value();
        if (payload != null) {
            return payload.length;
        }
        String omitted = text(WireHeaders.PAYLOAD_OMITTED);
        return omitted == null ? -1 : number(omitted, -1);
    }

    /** How often the request was replayed before. A count that is no number is the highest there is. */
    public int replays() {
        String count = text(WireHeaders.REPLAY_COUNT);
        return count == null ? 0 : number(count, Integer.MAX_VALUE);
    }

    /** The letter whose replay became this one; null when it is the first of its request. */
    @Nullable
    Position replayOf() {
        String from = text(WireHeaders.REPLAYED_FROM);
        String prefix = entry.topic() + "-";
        if (from == null || !from.startsWith(prefix)) {
            return null;
        }
        try {
            return Position.parse(from.substring(prefix.length()));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static int number(String text, int otherwise) {
        return text.matches("[0-9]{1," + LARGEST_COUNT_DIGITS + "}") ? Integer.parseInt(text) : otherwise;
    }

    /**
     * Reads a request's bytes.
     *
     * @throws MalformedRecordException when they are no request, which may be why it became a letter
     * @throws dev.millrace.schemas.wire.SchemaUnresolvedException when the schema registry does not answer
     */
    public static ImageRequest decode(byte[] payload, WireTerms wire) throws MalformedRecordException {
        return new WireCodec<>(ImageRequest.class, wire).decode(payload);
    }
}
