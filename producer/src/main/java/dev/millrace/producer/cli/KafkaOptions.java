package dev.millrace.producer.cli;

import dev.millrace.producer.ClientConfig;
import dev.millrace.schemas.confluent.RegistryAddress;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.WireFormat;
import dev.millrace.schemas.wire.WireTerms;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a command reaches Kafka. What is said on the command line wins over the environment, that over the file. */
public final class KafkaOptions {
    private static final String BOOTSTRAP = "bootstrap.servers";
    private static final String BOOTSTRAP_VARIABLE = "MILLRACE_BOOTSTRAP";
    private static final String DEFAULT_BOOTSTRAP = "127.0.0.1:9092";

    @Option(
            names = "--bootstrap",
            paramLabel = "HOST:PORT",
            description = "Kafka's address (default: $" + BOOTSTRAP_VARIABLE + ", or " + DEFAULT_BOOTSTRAP + ").")
    private @Nullable String bootstrap;

    @Option(
            names = "--prefix",
            paramLabel = "PREFIX",
            defaultValue = Topics.DEFAULT_PREFIX,
            description = "Before every topic name (default: ${DEFAULT-VALUE}).")
    private String prefix = Topics.DEFAULT_PREFIX;

    @Option(
            names = "--kafka",
            paramLabel = "KEY=VALUE",
            description = "Kafka client property, such as security.protocol=SSL; may be given again.")
    private Map<String, String> properties = new LinkedHashMap<>();

    @Option(
            names = "--registry",
            paramLabel = "URL",
            defaultValue = "${env:MILLRACE_SCHEMA_REGISTRY_URL}",
            description = "Schema registry with Confluent's API, to read what is in its framing"
                    + " (default: $$MILLRACE_SCHEMA_REGISTRY_URL). Credentials: user:password@ before the host,"
                    + " or in $$MILLRACE_SCHEMA_REGISTRY_AUTH.")
    private @Nullable String registry;

    @Option(
            names = "--wire-format",
            paramLabel = "FORMAT",
            defaultValue = "${env:MILLRACE_WIRE_FORMAT}",
            description =
                    "What is written: single-object or confluent (default: $$MILLRACE_WIRE_FORMAT, or single-object).")
    private @Nullable String wireFormat;

    @Option(
            names = "--kafka-config",
            paramLabel = "FILE",
            description = "Kafka client properties, one KEY=VALUE a line.")
    private @Nullable Path file;

    /**
     * The client configuration these options mean.
     *
     * @throws IllegalArgumentException when a value cannot be used
     */
    public ClientConfig config() {
        Map<String, String> kafka = new HashMap<>(readFile());
        String fromFile = kafka.remove(BOOTSTRAP);
        putWire(kafka);
        kafka.putAll(properties);
        return ClientConfig.of(address(System.getenv(BOOTSTRAP_VARIABLE), fromFile))
                .withTopicPrefix(prefix)
                .withKafka(kafka);
    }

    private void putWire(Map<String, String> kafka) {
        String credentials = System.getenv().getOrDefault("MILLRACE_SCHEMA_REGISTRY_AUTH", "");
        if (registry != null && !registry.isEmpty()) {
            RegistryAddress.of(registry, credentials, RegistryAddress.DEFAULT_TIMEOUT);
            kafka.put(WireTerms.REGISTRY_URL, registry);
            kafka.put(WireTerms.REGISTRY_AUTH, credentials);
        }
        if (wireFormat != null && !wireFormat.isEmpty()) {
            boolean confluent = parsed(wireFormat) == WireFormat.CONFLUENT;
            if (confluent && !kafka.containsKey(WireTerms.REGISTRY_URL)) {
                throw new IllegalArgumentException("--wire-format: confluent (expected: with --registry)");
            }
            kafka.put(WireTerms.FORMAT, wireFormat);
        }
    }

    private static WireFormat parsed(String name) {
        try {
            return WireFormat.parse(name);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--wire-format: " + e.getMessage(), e);
        }
    }

    private String address(@Nullable String fromEnvironment, @Nullable String fromFile) {
        if (bootstrap != null) {
            return bootstrap;
        }
        if (fromEnvironment != null && !fromEnvironment.isBlank()) {
            return fromEnvironment;
        }
        return fromFile != null ? fromFile : DEFAULT_BOOTSTRAP;
    }

    private Map<String, String> readFile() {
        if (file == null) {
            return Map.of();
        }
        Properties read = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            read.load(reader);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "--kafka-config: " + file + " (expected: a readable properties file)", e);
        }
        Map<String, String> kafka = new HashMap<>();
        read.stringPropertyNames().forEach(key -> kafka.put(key, read.getProperty(key)));
        return kafka;
    }
}
