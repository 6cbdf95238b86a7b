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
 * that sends. What it writes is up to the producer properties of {@link WireTerms}; without any it is single-object encoding. A
 * registry that gives no id makes {@code send} fail with a {@link org.apache.kafka.common.errors.RetriableException}.
 */
public final class WireSerializer implements Serializer<SpecificRecord> {
    private final Map<Class<?>, WireCodec<SpecificRecord>> codecs = new HashMap<>();

    private WireTerms terms;

    /** Made by Kafka, which calls {@link #configure} next, or by hand: in single-object encoding. */
    public WireSerializer() {
        this(WireTerms.singleObject());
    }

    /**
     * For a producer made in code.
     *
     * @param terms closed with this
     */
    public WireSerializer(WireTerms terms) {
        this.terms = terms;
    }

    /** Kafka does not call it for a serializer made by hand. */
    @Override
    public synchronized void configure(Map<String, ?> configs, boolean isKey) {
        terms.close();
        codecs.clear();
        terms = WireTerms.from(configs);
    }

    @Override
    public synchronized void close() {
        terms.close();
    }

    // Synchronized: KafkaProducer.send may be called from many threads and shares one serializer.
    @Override
    @SuppressWarnings("NullAway") // Kafka's contract: a null value (a tombstone) serializes to null.
    public synchronized byte @Nullable [] serialize(String topic, @Nullable SpecificRecord value) {
        return value == null ? null : codecFor(value).encode(value, topic);
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
        return codecs.computeIfAbsent(value.getClass(), type -> new WireCodec<>((Class<SpecificRecord>) type, terms));
    }
}
