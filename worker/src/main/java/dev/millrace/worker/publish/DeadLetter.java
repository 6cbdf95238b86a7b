package dev.millrace.worker.publish;

import dev.millrace.schemas.wire.WireHeaders;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Why a record is kept aside.
 *
 * @param errorClass stable upper-case word
 * @param stage pipeline stage that refused it
 * @param message one sentence for people
 */
public record DeadLetter(String errorClass, String stage, String message) {
    /** Longest message kept in a header, in characters. */
    private static final int MESSAGE_LIMIT = 1000;

    /** The record for the dead-letter topic: the original's key, value, time and headers, and the reason as headers. */
    ProducerRecord<byte[], byte @Nullable []> of(
            ConsumerRecord<byte[], ByteBuffer> original, String topic, String group, String worker) {
        Headers headers = new RecordHeaders(original.headers().toArray());
        add(headers, WireHeaders.DLQ_PREFIX + "topic", original.topic());
        add(headers, WireHeaders.DLQ_PREFIX + "partition", Integer.toString(original.partition()));
        add(headers, WireHeaders.DLQ_PREFIX + "offset", Long.toString(original.offset()));
        add(headers, WireHeaders.DLQ_PREFIX + "group", group);
        add(
                headers,
                WireHeaders.DLQ_PREFIX + "delivery.count",
                Short.toString(original.deliveryCount().orElse((short) 1)));
        add(
                headers,
                WireHeaders.DLQ_PREFIX + "message",
                message.substring(0, Math.min(message.length(), MESSAGE_LIMIT)));
        add(headers, WireHeaders.ERROR_CLASS, errorClass);
        add(headers, WireHeaders.ERROR_STAGE, stage);
        add(headers, WireHeaders.ERROR_WORKER, worker);
        long time = original.timestamp();
        return new ProducerRecord<>(
                topic, null, time < 0 ? null : time, original.key(), bytes(original.value()), headers);
    }

    /** The same letter without its payload, for a broker that finds it too large together with its headers. */
    static ProducerRecord<byte[], byte @Nullable []> withoutPayload(ProducerRecord<byte[], byte @Nullable []> letter) {
        byte[] value = letter.value();
        Headers headers = new RecordHeaders(letter.headers().toArray());
        add(headers, WireHeaders.PAYLOAD_OMITTED, Integer.toString(value == null ? 0 : value.length));
        return new ProducerRecord<>(letter.topic(), null, letter.timestamp(), letter.key(), null, headers);
    }

    /** A letter of the reason and the trace alone, for an original whose own key or headers are too large: it stays at its source. */
    static ProducerRecord<byte[], byte @Nullable []> bare(ProducerRecord<byte[], byte @Nullable []> letter) {
        Headers reason = new RecordHeaders();
        letter.headers().forEach(header -> {
            if (header.key().startsWith(WireHeaders.DLQ_PREFIX)
                    || header.key().startsWith("x-")
                    || header.key().equals(WireHeaders.TRACEPARENT)
                    || header.key().equals(WireHeaders.TRACESTATE)) {
                byte[] value = header.value();
                if (value != null && value.length <= MESSAGE_LIMIT * 4) {
                    reason.add(header);
                }
            }
        });
        return new ProducerRecord<>(letter.topic(), null, letter.timestamp(), null, null, reason);
    }

    private static void add(Headers headers, String name, String value) {
        headers.add(name, value.getBytes(StandardCharsets.UTF_8));
    }

    private static byte @Nullable [] bytes(@Nullable ByteBuffer value) {
        if (value == null) {
            return null;
        }
        byte[] copy = new byte[value.remaining()];
        value.duplicate().get(copy);
        return copy;
    }
}
