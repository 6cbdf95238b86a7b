package dev.millrace.schemas.wire;

import dev.millrace.schemas.Feedback;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.confluent.RegistryAddress;
import dev.millrace.schemas.confluent.SchemaRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * How the values that programs exchange with Millrace are framed: requests, results and feedback. Every other record stays
 * among Millrace's own processes and is always in single-object encoding. With a registry both formats are read, whichever
 * is written. Thread-safe.
 */
public final class WireTerms implements AutoCloseable {
    /** Kafka client property: {@code single-object} (the default) or {@code confluent}, of what is written. */
    public static final String FORMAT = "millrace.wire.format";

    /** Kafka client property: URL of a registry with Confluent's API; absent: only single-object encoding is read. */
    public static final String REGISTRY_URL = "millrace.schema.registry.url";

    /** Kafka client property: {@code user:password} for the registry. */
    public static final String REGISTRY_AUTH = "millrace.schema.registry.auth";

    /** Kafka client property: how many milliseconds the registry may take. */
    public static final String REGISTRY_TIMEOUT = "millrace.schema.registry.timeout.ms";

    private static final Set<String> EXCHANGED = Set.of(
            ImageRequest.class.getSimpleName(), InferenceResult.class.getSimpleName(), Feedback.class.getSimpleName());

    private final WireFormat format;
    private final @Nullable SchemaRegistry registry;

    private WireTerms(WireFormat format, @Nullable SchemaRegistry registry) {
        this.format = format;
        this.registry = registry;
    }

    /** Single-object encoding alone. */
    public static WireTerms singleObject() {
        return new WireTerms(WireFormat.SINGLE_OBJECT, null);
    }

    /**
     * Both formats are read, {@code format} is written.
     *
     * @param registry closed with this
     */
    public static WireTerms with(SchemaRegistry registry, WireFormat format) {
        return new WireTerms(format, registry);
    }

    /**
     * What the properties of a Kafka client say.
     *
     * @throws ConfigException when they say what cannot be
     */
    public static WireTerms from(Map<String, ?> properties) {
        String url = text(properties, REGISTRY_URL);
        String name = text(properties, FORMAT);
        try {
            WireFormat format = name.isEmpty() ? WireFormat.SINGLE_OBJECT : WireFormat.parse(name);
            if (!url.isEmpty()) {
                RegistryAddress address = RegistryAddress.of(url, text(properties, REGISTRY_AUTH), timeout(properties));
                return with(new SchemaRegistry(address, address.timeout()), format);
            }
            if (format == WireFormat.CONFLUENT) {
                throw new IllegalArgumentException(
                        FORMAT + ": " + format + " (expected: with " + REGISTRY_URL + ", which gives the schemas ids)");
            }
            return singleObject();
        } catch (IllegalArgumentException e) {
            throw new ConfigException(e.getMessage());
        }
    }

    private static Duration timeout(Map<String, ?> properties) {
        String millis = text(properties, REGISTRY_TIMEOUT);
        try {
            return millis.isEmpty() ? RegistryAddress.DEFAULT_TIMEOUT : Duration.ofMillis(Integer.parseInt(millis));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(REGISTRY_TIMEOUT + ": " + millis + " (expected: milliseconds)", e);
        }
    }

    private static String text(Map<String, ?> properties, String key) {
        Object value = properties.get(key);
        return value == null ? "" : value.toString().strip();
    }

    /** Where ids are looked up; null: nowhere. */
    @Nullable
    SchemaRegistry registry() {
        return registry;
    }

    /** The registry that gives records of {@code schema} their id when they are written; null: single-object encoding. */
    @Nullable
    SchemaRegistry framing(Schema schema) {
        return format == WireFormat.CONFLUENT && EXCHANGED.contains(schema.getName()) ? registry : null;
    }

    /**
     * Whether results can be written to {@code topic} without waiting for the registry; asks it where it is time to, and does
     * not wait.
     */
    public boolean readyForResults(String topic) {
        SchemaRegistry framing = framing(InferenceResult.SCHEMA$);
        return framing == null
                || framing.idNow(subject(topic), SchemaHistory.newest(InferenceResult.SCHEMA$))
                        .isPresent();
    }

    /** Whether a value whose registry was unavailable can be judged now; asks where it is time to, and does not wait. */
    public boolean knows(int id) {
        return registry == null || registry.knows(id);
    }

    /** Why the registry could not be asked the last time; null where it answered, or there is none. */
    public @Nullable String trouble() {
        return registry == null ? null : registry.trouble();
    }

    /** What the values of a topic are registered under: Confluent's TopicNameStrategy. */
    static String subject(String topic) {
        return topic + "-value";
    }

    @Override
    public void close() {
        if (registry != null) {
            registry.close();
        }
    }
}
