package dev.millrace.schemas.wire;

import java.util.HashMap;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Kafka serializer for any Millrace record, for use by class name ({@code value.serializer}). Adds the header
 * {@code content-type: application/avro}. May be shared: a producer calls it from every thread
 * that sends.
 */
public final class WireSerializer implements Serializer<SpecificRecord> {
    private final Map<Class<?>, WireCodec<SpecificRecord>> codecs = new HashMap<>();

    /** Made by Kafka, or by hand. */
    public WireSerializer() {}

    // Synchronized: KafkaProducer.send may be called from many threads and shares one serializer.
    @Override
    @SuppressWarnings("NullAway") // Kafka's contract: a null value (a tombstone) serializes to null.
    public synchronized byte @Nullable [] serialize(String topic, @Nullable SpecificRecord value) {
        return value == null ? null : codecFor(value).encode(value);
    }

    @Override
    public byte @Nullable [] serialize(String topic, Headers headers, @Nullable SpecificRecord value) {
        if (value != null && headers.lastHeader(WireHeaders.CONTENT_TYPE) == null) {
            headers.add(WireHeaders.CONTENT_TYPE, WireHeaders.APPLICATION_AVRO);
        }
        return serialize(topic, value);
    }

    @SuppressWarnings("unchecked") // A record's class and its codec's type are the same by construction.
    private WireCodec<SpecificRecord> codecFor(SpecificRecord value) {
        return codecs.computeIfAbsent(value.getClass(), type -> new WireCodec<>((Class<SpecificRecord>) type));
    }
}
