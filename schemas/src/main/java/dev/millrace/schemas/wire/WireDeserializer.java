package dev.millrace.schemas.wire;

import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.TrainerStatus;
import dev.millrace.schemas.WorkerStatus;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Kafka deserializer for one Millrace record, for use by class name ({@code value.deserializer}). The record is named
 * by the consumer property {@value #RECORD}, such as {@code InferenceResult} (the default). Bytes that are not such a
 * record make {@code poll} throw {@link SerializationException}, as Kafka's own deserializers do; so does a registry that does not
 * answer, after which the same record is given again. Confluent's framing is read where the properties of {@link WireTerms} name a
 * registry.
 *
 * @param <T> the record
 */
public final class WireDeserializer<T extends SpecificRecord> implements Deserializer<T> {
    /** Consumer property that names the record to read. */
    public static final String RECORD = "millrace.record";

    private static final Map<String, Class<? extends SpecificRecord>> RECORDS = Stream.of(
                    ImageRequest.class,
                    InferenceResult.class,
                    ModelVersion.class,
                    Rollout.class,
                    TrainerStatus.class,
                    WorkerStatus.class)
            .collect(Collectors.toUnmodifiableMap(Class::getSimpleName, Function.identity()));

    private WireTerms terms = WireTerms.singleObject();
    private @Nullable WireCodec<T> codec;

    /** Made by Kafka, which calls {@link #configure} next. */
    public WireDeserializer() {}

    /** For a consumer made in code. */
    public WireDeserializer(Class<T> type) {
        codec = new WireCodec<>(type);
    }

    @Override
    @SuppressWarnings(
            "unchecked") // The caller names the record it types its consumer with, as with any Kafka deserializer.
    public void configure(Map<String, ?> configs, boolean isKey) {
        if (codec != null) {
            return;
        }
        Object name = configs.get(RECORD);
        Class<? extends SpecificRecord> type =
                RECORDS.get(name == null ? InferenceResult.class.getSimpleName() : name.toString());
        if (type == null) {
            throw new ConfigException(RECORD, name, "expected: one of " + RECORDS.keySet());
        }
        terms = WireTerms.from(configs);
        codec = new WireCodec<>((Class<T>) type, terms);
    }

    @Override
    public void close() {
        terms.close();
    }

    @Override
    @SuppressWarnings("NullAway") // Kafka's contract: a null value (a tombstone) deserializes to null.
    public @Nullable T deserialize(String topic, byte @Nullable [] bytes) {
        if (bytes == null) {
            return null;
        }
        if (codec == null) {
            throw new IllegalStateException("WireDeserializer: not configured (expected: configure() first)");
        }
        try {
            return codec.decode(bytes);
        } catch (MalformedRecordException e) {
            throw new SerializationException(e.getMessage(), e);
        }
    }
}
