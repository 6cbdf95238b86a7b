package dev.millrace.broker;

import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * JUnit extension: one real Kafka broker for all test classes of this JVM, stopped at its end. Register it with
 * {@code @ExtendWith(KafkaBroker.class)} and take it as a parameter, or as a static {@code @RegisterExtension} field.
 *
 * <p>The system property {@code millrace.test.broker} chooses the kind: {@code embedded} (default), a child JVM, or
 * {@code container}, where tests are skipped if no Docker engine answers ({@code millrace.test.engine=required}: fail).
 */
@NullMarked
public final class KafkaBroker implements BeforeAllCallback, ParameterResolver {

    private static final ExtensionContext.Namespace STORE = ExtensionContext.Namespace.create(KafkaBroker.class);
    private static final AtomicInteger PREFIXES = new AtomicInteger();

    private @Nullable String bootstrapServers;

    /** The address for clients. */
    public String bootstrapServers() {
        return requireNonNull(bootstrapServers, "KafkaBroker is not registered as a static extension");
    }

    /** A prefix for topics, groups and transactional ids that no other test of this JVM uses, such as {@code t3.}. */
    public static String freshPrefix() {
        return "t" + PREFIXES.incrementAndGet() + ".";
    }

    /** Creates a topic and waits until the broker knows it. */
    public void createTopic(String name, int partitions) {
        createTopic(name, partitions, Map.of());
    }

    /** Creates a topic with these settings and waits until the broker knows it. */
    public void createTopic(String name, int partitions, Map<String, String> settings) {
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers()))) {
            NewTopic topic = new NewTopic(name, Optional.of(partitions), Optional.empty()).configs(settings);
            admin.createTopics(List.of(topic)).all().get(30, TimeUnit.SECONDS);
            // Answered by whoever leads it, once it knows: a producer that is quicker may send out of order for
            // minutes.
            Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
            for (int partition = 0; partition < partitions; partition++) {
                ends.put(new TopicPartition(name, partition), OffsetSpec.latest());
            }
            await().atMost(Duration.ofSeconds(30))
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(10))
                    .ignoreExceptionsMatching(e -> e.getCause() instanceof UnknownTopicOrPartitionException)
                    .until(() -> admin.listOffsets(ends).all().get().size() == partitions);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("cannot create topic " + name, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while creating topic " + name, e);
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        Kind kind = Kind.fromSystemProperty();
        if (kind == Kind.CONTAINER && !ContainerBroker.engineAnswers()) {
            String reason = "millrace.test.broker=container, but no Docker engine answers (expected: one to run Kafka)";
            assumeTrue("required".equals(System.getProperty("millrace.test.engine")), reason);
            throw new IllegalStateException(reason);
        }
        bootstrapServers = context.getRoot()
                .getStore(STORE)
                .getOrComputeIfAbsent(kind, Kind::start, RunningBroker.class)
                .bootstrapServers();
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == KafkaBroker.class;
    }

    @Override
    public KafkaBroker resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return this;
    }

    private enum Kind {
        EMBEDDED,
        CONTAINER;

        static Kind fromSystemProperty() {
            String value = System.getProperty("millrace.test.broker", "embedded");
            return switch (value) {
                case "embedded" -> EMBEDDED;
                case "container" -> CONTAINER;
                default ->
                    throw new IllegalArgumentException(
                            "millrace.test.broker: " + value + " (expected: embedded or container)");
            };
        }

        RunningBroker start() {
            return switch (this) {
                case EMBEDDED -> new ProcessBroker();
                case CONTAINER -> new ContainerBroker();
            };
        }
    }
}
