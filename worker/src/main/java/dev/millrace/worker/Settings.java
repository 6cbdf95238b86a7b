package dev.millrace.worker;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SysPropConfigSource;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.jspecify.annotations.Nullable;

/**
 * The settings a worker was given: command line over {@code -D} over environment over file over default, with
 * environment names by the MicroProfile Config mapping ({@code MILLRACE_BATCH_MAX}).
 */
final class Settings {
    private static final String KAFKA = "kafka.";
    private static final String BOOTSTRAP = "bootstrap.servers";

    /**
     * Not for the user to set: every lane is a member and a producer of its own, whom one name for all would make fence each
     * other; and the promises of a delivery mode rest on the rest.
     */
    private static final Set<String> OF_THE_WORKER = Set.of(
            "acks",
            "client.id",
            "enable.auto.commit",
            "enable.idempotence",
            "group.id",
            "group.instance.id",
            "isolation.level",
            "key.deserializer",
            "key.serializer",
            "share.acknowledgement.mode",
            "transactional.id",
            "value.deserializer",
            "value.serializer");

    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*(ms|s|m)");

    static {
        // SmallRye logs through JBoss Logging, which would take the Log4j API that Kafka brings for a back end.
        if (System.getProperty("org.jboss.logging.provider") == null) {
            System.setProperty("org.jboss.logging.provider", "slf4j");
        }
    }

    private final SmallRyeConfig config;

    private Settings(SmallRyeConfig config) {
        this.config = config;
    }

    /**
     * Reads all sources.
     *
     * @param commandLine keys and values given on the command line
     * @param file a properties file, or null
     * @throws ConfigurationException when the file cannot be read, or it or the command line has an unknown key
     */
    static Settings load(Map<String, String> commandLine, @Nullable Path file) {
        Map<String, String> fromFile = file == null ? Map.of() : read(file);
        rejectUnknown(commandLine, "command line");
        rejectUnknown(fromFile, String.valueOf(file));
        return new Settings(new SmallRyeConfigBuilder()
                .withSources(
                        new PropertiesConfigSource(commandLine, "command line", 500),
                        new SysPropConfigSource(),
                        new EnvConfigSource(System.getenv(), 300),
                        new PropertiesConfigSource(fromFile, String.valueOf(file), 200),
                        new PropertiesConfigSource(Setting.defaults(), "defaults", 100))
                .build());
    }

    private static Map<String, String> read(Path file) {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigurationException(
                    "config file: " + file + " (expected: a readable properties file; " + e + ")");
        }
        Map<String, String> map = new HashMap<>();
        properties.forEach((key, value) -> map.put(key.toString(), value.toString()));
        return map;
    }

    private static void rejectUnknown(Map<String, String> given, String source) {
        for (String key : given.keySet()) {
            String client = key.startsWith(KAFKA) ? key.substring(KAFKA.length()) : "";
            if (OF_THE_WORKER.contains(client)) {
                throw new ConfigurationException(
                        source + ": " + key + " is set by the worker itself (expected: not given)");
            }
            if (!client.isEmpty() && !isClientProperty(client)) {
                throw new ConfigurationException(source + ": " + key + " is no setting of a Kafka client");
            }
            if (client.isEmpty() && Setting.of(key).isEmpty()) {
                throw new ConfigurationException(
                        source + ": " + key + " is no setting (did you mean " + Setting.closestTo(key) + "?)");
            }
        }
    }

    /** The value as it stands; empty where it was left empty. */
    String text(Setting setting) {
        String value = config.getConfigValue(setting.key).getValue();
        return value == null ? "" : value;
    }

    /** The value as {@code parser} reads it. */
    <T extends @Nullable Object> T parse(Setting setting, Function<String, T> parser) {
        String value = text(setting);
        try {
            return parser.apply(value);
        } catch (NumberFormatException e) {
            throw new ConfigurationException(setting.key + ": " + value + " (expected: a whole number)");
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(setting.key + ": " + e.getMessage());
        }
    }

    static boolean bool(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(text + " (expected: true or false)");
        };
    }

    static Duration duration(String text) {
        Matcher form = DURATION.matcher(text.strip());
        if (!form.matches()) {
            throw new IllegalArgumentException(text + " (expected: a duration such as 5ms, 2s or 1m)");
        }
        long amount = Long.parseLong(form.group(1));
        return switch (form.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            default -> Duration.ofMinutes(amount);
        };
    }

    /**
     * What the broker gives a transaction, in milliseconds as the Kafka clients have it. Shorter than theirs: a worker that
     * crashed holds {@code read_committed} readers up for that long, unless it comes back sooner.
     */
    Duration transactionTimeout() {
        String key = ProducerConfig.TRANSACTION_TIMEOUT_CONFIG;
        String given = kafka().getOrDefault(key, "15000");
        try {
            return Duration.ofMillis(Integer.parseInt(given));
        } catch (NumberFormatException e) {
            throw new ConfigurationException(KAFKA + key + ": " + given + " (expected: a whole number)");
        }
    }

    /** Everything under {@code kafka.}, without that prefix. */
    Map<String, String> kafka() {
        Map<String, String> kafka = new HashMap<>();
        System.getenv().forEach((name, value) -> {
            String key = name.toLowerCase(Locale.ROOT).replace('_', '.');
            // The environment has other people's KAFKA_ variables too: only what a client knows is meant for it.
            if (key.startsWith(KAFKA) && isClientProperty(key.substring(KAFKA.length()))) {
                kafka.put(key.substring(KAFKA.length()), value);
            }
        });
        for (String name : config.getPropertyNames()) {
            String value = name.startsWith(KAFKA) ? config.getConfigValue(name).getValue() : null;
            if (value != null) {
                kafka.put(name.substring(KAFKA.length()), value);
            }
        }
        kafka.putIfAbsent(BOOTSTRAP, System.getenv().getOrDefault("MILLRACE_BOOTSTRAP", "127.0.0.1:9092"));
        return kafka;
    }

    private static boolean isClientProperty(String name) {
        return ConsumerConfig.configNames().contains(name)
                || ProducerConfig.configNames().contains(name)
                || AdminClientConfig.configNames().contains(name);
    }
}
