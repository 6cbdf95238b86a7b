package dev.millrace.worker;

import dev.millrace.schemas.confluent.RegistryAddress;
import dev.millrace.schemas.confluent.SchemaRegistry;
import dev.millrace.schemas.manifest.ManifestVerifier;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.WireFormat;
import dev.millrace.schemas.wire.WireTerms;
import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.delivery.DeliveryMode;
import dev.millrace.worker.delivery.DeliveryPolicy;
import dev.millrace.worker.lane.BatchPolicy;
import dev.millrace.worker.lane.LaneSpec;
import dev.millrace.worker.lane.Machine;
import dev.millrace.worker.lane.OverloadPolicy;
import dev.millrace.worker.model.Device;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.publish.ReplyPolicy;
import dev.millrace.worker.rehearsal.ProcessLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A worker's configuration, parsed once and handed out in parts.
 *
 * @param staticMembers whether each lane has a group instance id (KIP-345)
 * @param kafka properties for every Kafka client, {@code bootstrap.servers} among them
 */
public record WorkerConfig(
        String id,
        Topics topics,
        String group,
        boolean staticMembers,
        Map<String, String> kafka,
        List<Device> lanes,
        DeviceConfig device,
        BatchPolicy batch,
        OverloadPolicy overload,
        DeliveryPolicy delivery,
        ReplyPolicy replies,
        WireConfig wire,
        ModelConfig model,
        Duration heartbeat,
        HttpConfig http) {

    private static final Logger log = LoggerFactory.getLogger(WorkerConfig.class);

    /**
     * What is asked of the lanes' devices.
     *
     * @param required false: a lane whose GPU cannot be used falls back to the CPU
     * @param cudaMemoryLimit bytes of GPU memory per session; 0: no limit
     */
    public record DeviceConfig(boolean required, long cudaMemoryLimit) {
        DeviceRequest request(Device device) {
            return new DeviceRequest(device, required, cudaMemoryLimit);
        }
    }

    /**
     * Which models may be served.
     *
     * @param defaultModel model of requests that name none; empty: the only live one
     * @param artifactLimitBytes the largest model file
     * @param memoryBytes what all models may take; 0: no limit
     * @param cache null: none
     * @param rehearsal limits of the process that runs a version before it is loaded; null: none does
     */
    public record ModelConfig(
            String defaultModel,
            ManifestVerifier verifier,
            long artifactLimitBytes,
            long memoryBytes,
            @Nullable CacheConfig cache,
            @Nullable ProcessLimits rehearsal) {}

    /**
     * How results are written, and what requests may be written in.
     *
     * @param registry null: single-object encoding is read alone
     */
    public record WireConfig(WireFormat format, @Nullable RegistryAddress registry) {
        /** How long a lane may stand still for the registry; an answer that takes longer is there the next time. */
        private static final Duration LANE_PATIENCE = Duration.ofMillis(200);

        /** With a client of its own. */
        WireTerms terms() {
            return registry == null
                    ? WireTerms.singleObject()
                    : WireTerms.with(new SchemaRegistry(registry, LANE_PATIENCE), format);
        }
    }

    /** Where model files are kept on this machine's disk, and how many bytes of them at most. */
    public record CacheConfig(Path folder, long limitBytes) {}

    /** Where health and metrics are served; port 0 takes a free one. */
    public record HttpConfig(String host, int port) {}

    /**
     * Reads every setting.
     *
     * @throws ConfigurationException when one is unknown or cannot be what it is
     */
    static WorkerConfig from(Settings settings) {
        String id = settings.text(Setting.ID);
        DeliveryPolicy delivery = delivery(settings);
        Topics topics = settings.parse(Setting.PREFIX, Topics::new);
        return new WorkerConfig(
                id.isEmpty() ? defaultId() : id,
                topics,
                settings.text(Setting.GROUP),
                settings.parse(Setting.MEMBERSHIP, membership -> isStatic(membership, id, delivery.mode())),
                settings.kafka(),
                lanes(settings),
                new DeviceConfig(
                        settings.parse(Setting.DEVICE_REQUIRED, Settings::bool),
                        settings.parse(Setting.CUDA_MEMORY_LIMIT, bytes -> atLeast(0L, bytes))),
                batch(settings),
                overload(settings, delivery.mode()),
                delivery,
                settings.parse(Setting.REPLY_TOPICS, prefixes -> ReplyPolicy.parse(prefixes, topics)),
                wire(settings),
                new ModelConfig(
                        settings.text(Setting.MODEL_DEFAULT),
                        settings.parse(Setting.TRUSTED_KEYS, WorkerConfig::verifier),
                        settings.parse(Setting.ARTIFACT_LIMIT, bytes -> (long) atLeast(1, bytes)),
                        settings.parse(Setting.MODELS_MEMORY, bytes -> atLeast(0L, bytes)),
                        cache(settings),
                        rehearsal(settings)),
                settings.parse(Setting.HEARTBEAT, Settings::duration),
                new HttpConfig(
                        settings.text(Setting.HTTP_HOST), settings.parse(Setting.HTTP_PORT, WorkerConfig::port)));
    }

    private static boolean isStatic(String membership, String id, DeliveryMode mode) {
        return switch (membership) {
            case "dynamic" -> false;
            case "static" -> {
                if (id.isEmpty()) {
                    throw new IllegalArgumentException(
                            "static (expected: dynamic, or " + Setting.ID.key + " set: it must outlive the process)");
                }
                requireOrdered("static", "dynamic", mode);
                yield true;
            }
            default -> throw new IllegalArgumentException(membership + " (expected: dynamic, static)");
        };
    }

    /** For what needs a lane to own partitions. */
    private static void requireOrdered(String value, String expected, DeliveryMode mode) {
        if (mode == DeliveryMode.QUEUE) {
            throw new IllegalArgumentException(value + " (expected: " + expected + " with --delivery " + mode
                    + ", whose lanes own no partitions)");
        }
    }

    private static List<Device> lanes(Settings settings) {
        int reserve = settings.parse(Setting.LANES_RESERVE, text -> atLeast(0, text));
        Machine machine = Machine.here();
        List<Device> lanes = settings.parse(Setting.LANES, spec -> slots(spec, machine, reserve));
        machine.shortageFor(lanes).ifPresent(log::warn);
        return lanes;
    }

    private static List<Device> slots(String spec, Machine machine, int reserve) {
        try {
            return LaneSpec.parse(spec).slots(machine, reserve);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(e.getMessage() + "; this process has " + machine, e);
        }
    }

    private static WireConfig wire(Settings settings) {
        Duration timeout = settings.parse(Setting.REGISTRY_TIMEOUT, WorkerConfig::aboveZero);
        String auth = settings.text(Setting.REGISTRY_AUTH);
        RegistryAddress registry = settings.parse(
                Setting.REGISTRY_URL, url -> url.isEmpty() ? null : RegistryAddress.of(url, auth, timeout));
        WireFormat format = settings.parse(Setting.WIRE_FORMAT, WireFormat::parse);
        if (format == WireFormat.CONFLUENT && registry == null) {
            throw new ConfigurationException(Setting.WIRE_FORMAT.key + ": " + format + " (expected: with "
                    + Setting.REGISTRY_URL.key + ", which gives the schemas ids)");
        }
        return new WireConfig(format, registry);
    }

    private static BatchPolicy batch(Settings settings) {
        int max = settings.parse(Setting.BATCH_MAX, text -> atLeast(1, text));
        Duration linger = settings.parse(Setting.BATCH_LINGER, Settings::duration);
        Duration latency = settings.parse(Setting.BATCH_LATENCY, Settings::duration);
        int topK = settings.parse(Setting.TOP_K, text -> atLeast(1, text));
        int bytes = settings.parse(Setting.IMAGE_BYTES, text -> atLeast(1, text));
        int pixels = settings.parse(Setting.IMAGE_PIXELS, text -> atLeast(1, text));
        return within(() -> new BatchPolicy(max, linger, latency, topK, new DecodeLimits(bytes, pixels)));
    }

    private static OverloadPolicy overload(Settings settings, DeliveryMode mode) {
        int backlog = settings.parse(Setting.OVERLOAD_BACKLOG, text -> atLeast(0, text));
        return settings.parse(Setting.OVERLOAD_POLICY, policy -> switch (policy) {
            case "wait" -> OverloadPolicy.WAIT;
            case "shed-oldest" -> {
                requireOrdered(policy, "wait", mode);
                yield new OverloadPolicy(true, backlog);
            }
            default -> throw new IllegalArgumentException(policy + " (expected: wait, shed-oldest)");
        });
    }

    private static DeliveryPolicy delivery(Settings settings) {
        DeliveryMode mode = settings.parse(Setting.DELIVERY, DeliveryMode::parse);
        int records = settings.parse(Setting.INFLIGHT_MAX, text -> atLeast(1, text));
        int bytes = settings.parse(Setting.INFLIGHT_BYTES, text -> atLeast(1, text));
        Duration deadline = settings.parse(Setting.REVOKE_DEADLINE, Settings::duration);
        int crashes = settings.parse(Setting.KILLER_CRASHES, text -> atLeast(1, text));
        Duration window = settings.parse(Setting.TXN_WINDOW, Settings::duration);
        Duration timeout = settings.transactionTimeout();
        return within(() -> new DeliveryPolicy(mode, records, bytes, deadline, window, timeout, crashes));
    }

    /** A part whose bounds are its own to check, and which names its settings as they are called after the prefix. */
    private static <T> T within(Supplier<T> part) {
        try {
            return part.get();
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException("millrace." + e.getMessage());
        }
    }

    private static long atLeast(long least, String text) {
        long value = Long.parseLong(text);
        if (value < least) {
            throw new IllegalArgumentException(text + " (expected: at least " + least + ")");
        }
        return value;
    }

    private static int atLeast(int least, String text) {
        int value = Integer.parseInt(text);
        if (value < least) {
            throw new IllegalArgumentException(text + " (expected: at least " + least + ")");
        }
        return value;
    }

    private static int port(String text) {
        int port = Integer.parseInt(text);
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port: " + text + " (expected: 0 to 65535)");
        }
        return port;
    }

    private static @Nullable CacheConfig cache(Settings settings) {
        long limitBytes = settings.parse(Setting.CACHE_LIMIT, bytes -> atLeast(1L, bytes));
        String folder = settings.text(Setting.CACHE);
        return folder.isEmpty() ? null : new CacheConfig(Path.of(folder), limitBytes);
    }

    private static @Nullable ProcessLimits rehearsal(Settings settings) {
        long memoryMib = settings.parse(Setting.REHEARSAL_MEMORY, mib -> atLeast(1L, mib));
        Duration time = settings.parse(Setting.REHEARSAL_TIME, WorkerConfig::aboveZero);
        boolean wanted = settings.parse(Setting.REHEARSAL, Settings::bool);
        return wanted ? new ProcessLimits(memoryMib, time.toMillis() / 1e3) : null;
    }

    private static Duration aboveZero(String text) {
        Duration duration = Settings.duration(text);
        if (duration.isZero()) {
            throw new IllegalArgumentException(text + " (expected: more than no time)");
        }
        return duration;
    }

    private static ManifestVerifier verifier(String paths) {
        if (paths.isBlank()) {
            log.warn("no trusted keys are set: whoever can write to the control topic decides what is served");
            return ManifestVerifier.trustingAnyone();
        }
        TrustedKeys keys = new TrustedKeys(
                Stream.of(paths.split(",")).map(String::strip).map(Path::of).toList());
        try {
            keys.requireReadable();
        } catch (IOException e) {
            throw new IllegalArgumentException(String.valueOf(e.getMessage()), e);
        }
        return ManifestVerifier.trusting(keys);
    }

    private static String defaultId() {
        String host = System.getenv().getOrDefault("HOSTNAME", "worker");
        return host + "-" + ProcessHandle.current().pid();
    }
}
