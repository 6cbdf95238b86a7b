package dev.millrace.worker;

import dev.millrace.worker.delivery.Clients;
import dev.millrace.worker.delivery.DeliveryMode;
import dev.millrace.worker.intake.ShareTerms;
import dev.millrace.worker.model.CpuPin;
import dev.millrace.worker.telemetry.WorkerMeters;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.GroupProtocol;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.ByteBufferDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Makes the worker's Kafka clients, each on one thread that keeps off the lanes' CPUs where others are left: the threads
 * that a client starts inherit the CPU mask of the thread that makes it. Thread-safe. What the user passes through wins over a default, but not over a guarantee.
 */
final class KafkaClients implements AutoCloseable {
    private static final Set<String> OF_CONSUMER_GROUPS = Set.of(
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
            ConsumerConfig.GROUP_INSTANCE_ID_CONFIG,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
            ConsumerConfig.INTERCEPTOR_CLASSES_CONFIG,
            ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG,
            ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG,
            ConsumerConfig.GROUP_PROTOCOL_CONFIG,
            ConsumerConfig.GROUP_REMOTE_ASSIGNOR_CONFIG);

    private final WorkerConfig config;
    private final WorkerMeters meters;
    private volatile @Nullable ShareTerms shareTerms;
    private final ThreadPoolExecutor maker =
            new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), this::thread);

    KafkaClients(WorkerConfig config, WorkerMeters meters) {
        this.config = config;
        this.meters = meters;
        // Now, by the thread that wires the worker: started later it would inherit the mask of a lane.
        maker.prestartAllCoreThreads();
    }

    private Thread thread(Runnable work) {
        Thread thread = new Thread(
                () -> {
                    CpuPin.avoid(config.lanes());
                    work.run();
                },
                "kafka-clients");
        thread.setDaemon(true);
        return thread;
    }

    private <T> T make(Supplier<T> client) {
        try {
            return CompletableFuture.supplyAsync(client, maker).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof KafkaException failure ? failure : e;
        }
    }

    /** One lane's clients, with their own metrics among the worker's. */
    Clients ofLane(int lane) {
        return new Clients() {
            @Override
            public Consumer<byte[], ByteBuffer> groupMember() {
                return make(() -> meters.watched("lane-" + lane, intake(lane)));
            }

            @Override
            public ShareConsumer<byte[], ByteBuffer> shareMember() {
                return make(() -> meters.watched("lane-" + lane, shareIntake(lane)));
            }

            @Override
            public ShareTerms shareTerms() {
                return Objects.requireNonNull(shareTerms, "share group: not prepared (expected: before any lane)");
            }

            @Override
            public Producer<byte[], byte @Nullable []> producer() {
                return make(() -> meters.watched("results-" + lane, results(lane)));
            }
        };
    }

    /** Whether a lane's consumer starts its heartbeat thread inside poll, as a member by the classic protocol does. */
    boolean pollStartsThreads() {
        return config.delivery().mode() != DeliveryMode.QUEUE
                && GroupProtocol.CLASSIC
                        .name()
                        .equalsIgnoreCase(config.kafka().getOrDefault(ConsumerConfig.GROUP_PROTOCOL_CONFIG, ""));
    }

    private Consumer<byte[], ByteBuffer> intake(int lane) {
        Map<String, Object> properties = defaults(ConsumerConfig.configNames(), "lane-" + lane);
        properties.putIfAbsent(ConsumerConfig.GROUP_PROTOCOL_CONFIG, GroupProtocol.CONSUMER.name());
        if (pollStartsThreads()) {
            // Unlike the others, it takes from a member only the partitions that move.
            properties.putIfAbsent(
                    ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, CooperativeStickyAssignor.class.getName());
        }
        if (config.staticMembers()) {
            properties.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, config.id() + "-" + lane);
        }
        properties.putIfAbsent(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.putIfAbsent(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        limitFetching(properties);
        properties.putIfAbsent(
                ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                Math.max(ConsumerConfig.DEFAULT_MAX_POLL_RECORDS, config.batch().max()));
        properties.put(ConsumerConfig.GROUP_ID_CONFIG, config.group());
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteBufferDeserializer());
    }

    /** What a client has fetched ahead of one broker, and what its last poll brought, are each no more than may be in flight. */
    private void limitFetching(Map<String, Object> properties) {
        properties.putIfAbsent(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, (int)
                Math.min(Integer.MAX_VALUE, config.delivery().maxInFlightBytes()));
    }

    private ShareConsumer<byte[], ByteBuffer> shareIntake(int lane) {
        Map<String, Object> properties = defaults(ConsumerConfig.configNames(), "lane-" + lane);
        // Not a record more than the lane can settle before the lock on it ends.
        properties.putIfAbsent(ConsumerConfig.SHARE_ACQUIRE_MODE_CONFIG, "record_limit");
        properties.putIfAbsent(
                ConsumerConfig.MAX_POLL_RECORDS_CONFIG, config.batch().max());
        properties.put(ConsumerConfig.SHARE_ACKNOWLEDGEMENT_MODE_CONFIG, "explicit");
        properties.put(ConsumerConfig.GROUP_ID_CONFIG, config.group());
        limitFetching(properties);
        // The group's settings on the broker decide these, and a share consumer refuses them.
        properties.keySet().removeAll(OF_CONSUMER_GROUPS);
        return new KafkaShareConsumer<>(properties, new ByteArrayDeserializer(), new ByteBufferDeserializer());
    }

    /** Completes the share group's settings; once, before a lane asks for its member. */
    void prepareShareGroup() throws InterruptedException, WorkerStartException {
        try (Admin admin = Admin.create(Map.copyOf(config.kafka()))) {
            shareTerms =
                    ShareGroup.prepare(admin, config.group(), config.topics().deadLetters());
        }
    }

    private Producer<byte[], byte @Nullable []> results(int lane) {
        Map<String, Object> properties = durable("results-" + lane);
        if (config.delivery().mode() == DeliveryMode.QUEUE) {
            // So that a failure is known while the locks on the records behind it can still be renewed.
            queueTimeouts(properties);
        }
        if (config.delivery().mode() == DeliveryMode.EXACTLY_ONCE) {
            properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, config.group() + "-" + config.id() + "-" + lane);
            properties.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, (int)
                    config.delivery().transactionTimeout().toMillis());
        }
        return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private void queueTimeouts(Map<String, Object> properties) {
        if (!config.kafka().containsKey(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG)
                && !config.kafka().containsKey(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG)) {
            properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 10_000);
            properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
        }
    }

    /** A reader of whole topics, without a group. */
    Consumer<String, byte[]> reader() {
        Map<String, Object> properties = defaults(ConsumerConfig.configNames(), "rollout");
        properties.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, GroupProtocol.CLASSIC.name());
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        return new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer());
    }

    /** The writer of the status topic. */
    Producer<String, byte @Nullable []> status() {
        return new KafkaProducer<>(durable("status"), new StringSerializer(), new ByteArraySerializer());
    }

    /** For what may be lost, but must not keep anybody waiting. */
    Producer<byte[], byte[]> shadows() {
        return make(() -> {
            Map<String, Object> properties = defaults(ProducerConfig.configNames(), "shadow");
            properties.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, 20);
            properties.putIfAbsent(ProducerConfig.BATCH_SIZE_CONFIG, 64 * 1024);
            properties.put(ProducerConfig.ACKS_CONFIG, "1");
            properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, false);
            properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 0);
            return meters.watched(
                    "shadow", new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer()));
        });
    }

    /** What the reply topics of callers are asked for with; made without keeping the caller waiting. */
    CompletableFuture<Admin> admin() {
        return CompletableFuture.supplyAsync(
                () -> Admin.create(defaults(AdminClientConfig.configNames(), "replies")), maker);
    }

    private Map<String, Object> durable(String role) {
        Map<String, Object> properties = defaults(ProducerConfig.configNames(), role);
        // A topic that is not there must fail the turn well within max.poll.interval.ms.
        properties.putIfAbsent(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000);
        properties.putIfAbsent(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
        properties.putIfAbsent(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 30_000);
        properties.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, 1);
        properties.putIfAbsent(ProducerConfig.BATCH_SIZE_CONFIG, 64 * 1024);
        // Lets a dead letter through whose headers push it over the client's default limit; the broker decides.
        properties.putIfAbsent(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 2 * 1024 * 1024);
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        return properties;
    }

    private Map<String, Object> defaults(Set<String> known, String role) {
        Map<String, Object> properties = new HashMap<>();
        config.kafka().forEach((name, value) -> {
            if (known.contains(name)) {
                properties.put(name, value);
            }
        });
        properties.put("client.id", config.id() + "-" + role);
        return properties;
    }

    @Override
    public void close() {
        maker.shutdown();
    }
}
