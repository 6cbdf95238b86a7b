package dev.millrace.producer.cli;

import dev.millrace.producer.ClientConfig;
import dev.millrace.schemas.topic.Topics;
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
        kafka.putAll(properties);
        return ClientConfig.of(address(System.getenv(BOOTSTRAP_VARIABLE), fromFile))
                .withTopicPrefix(prefix)
                .withKafka(kafka);
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
