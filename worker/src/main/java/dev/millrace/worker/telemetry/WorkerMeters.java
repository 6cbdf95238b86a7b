package dev.millrace.worker.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.Producer;

/** The worker's meters. Thread-safe; the registry owns every value. */
public final class WorkerMeters implements AutoCloseable {
    /** Histogram bounds in milliseconds: OpenTelemetry's for messaging, and finer ones where int8 inference lives. */
    private static final double[] BOUNDS_MS = {
        0.1, 0.25, 0.5, 1, 2, 4, 5, 10, 25, 50, 75, 100, 250, 500, 1_000, 2_500, 5_000, 7_500, 10_000
    };

    private final MeterRegistry registry;
    private final Map<String, Gauge> infos = new ConcurrentHashMap<>();
    private final Map<String, KafkaClientMetrics> clients = new ConcurrentHashMap<>();
    private final Timer queue;
    private final Timer decode;
    private final Timer compute;
    private final Timer publish;
    private final Timer request;
    private final Counter batches;
    private final Counter images;
    private final Counter rewinds;
    private final Map<Answered, Counter> requests = new ConcurrentHashMap<>();
    private final Map<String, Counter> replies = new ConcurrentHashMap<>();
    private final Map<Answered, Counter> shadows = new ConcurrentHashMap<>();

    /**
     * Labels of one counter of requests. Looked up for every request, hence its own equality: that of records is several
     * times as slow.
     */
    private record Answered(String model, int version, String outcome) {
        @Override
        public int hashCode() {
            return 31 * (31 * model.hashCode() + version) + outcome.hashCode();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Answered that
                    && version == that.version
                    && model.equals(that.model)
                    && outcome.equals(that.outcome);
        }
    }

    /** Registers the meters that need no label. */
    public WorkerMeters(MeterRegistry registry) {
        this.registry = registry;
        queue = timer("inference.queue.duration", "From a request's creation to a lane taking it.");
        decode = timer("inference.decode.duration", "Record bytes to pixels in the batch buffer, per image.");
        compute = timer("inference.compute.duration", "Session run, per batch.");
        publish = timer("inference.publish.duration", "From the producer to the broker's acknowledgement, per record.");
        request = timer("inference.request.duration", "From a request's creation to its result leaving the lane.");
        batches = counter("inference.batches", "Session runs.");
        images = counter("inference.images", "Images in session runs.");
        rewinds = counter("inference.rewinds", "Failed turns, after which a lane went back to its last commit.");
        // There from the start, so that a rate sees the first one, too.
        swaps("live");
        swaps("refused");
    }

    private Timer timer(String name, String description) {
        return Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(Arrays.stream(BOUNDS_MS)
                        .mapToObj(millis -> Duration.ofNanos(Math.round(millis * 1e6)))
                        .toArray(Duration[]::new))
                .register(registry);
    }

    /** One request waited this long before a lane took it. */
    public void queued(long micros) {
        queue.record(micros, TimeUnit.MICROSECONDS);
    }

    /** One image became pixels. */
    public void decoded(long nanos) {
        decode.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** One session run over {@code size} images. */
    public void inferred(int size, long nanos) {
        compute.record(nanos, TimeUnit.NANOSECONDS);
        batches.increment();
        images.increment(size);
    }

    /** One record was acknowledged by the broker. */
    public void published(long nanos) {
        publish.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** One request got its terminal record; model is empty and version 0 where none answered. */
    public void answered(String model, int version, String outcome, long micros) {
        requests.computeIfAbsent(new Answered(model, version, outcome), this::counter)
                .increment();
        request.record(micros, TimeUnit.MICROSECONDS);
    }

    private Counter counter(Answered answered) {
        return counter(
                "inference.requests",
                "Requests with their terminal record.",
                "model",
                answered.model(),
                "version",
                answered.model().isEmpty() ? "" : Integer.toString(answered.version()),
                "outcome",
                answered.outcome());
    }

    /** One record was kept as a dead letter. */
    public void deadLettered(String reason) {
        counter("inference.dlq", "Records kept as dead letters.", "reason", reason)
                .increment();
    }

    /** A lane had to go back to its last commit. */
    public void rewound() {
        rewinds.increment();
    }

    /** A rollout step ended, {@code live} or {@code refused}. */
    public void swapped(String outcome) {
        swaps(outcome).increment();
    }

    private Counter swaps(String result) {
        return counter("inference.model.swaps", "Rollout steps that ended.", "result", result);
    }

    private Counter counter(String name, String description, String... tags) {
        return Counter.builder(name).description(description).tags(tags).register(registry);
    }

    /** A challenger that only looks on has seen one request. */
    public void shadowed(String model, int version, String outcome) {
        shadows.computeIfAbsent(
                        new Answered(model, version, outcome),
                        seen -> counter(
                                "inference.shadow.requests",
                                "Requests that a challenger saw a copy of.",
                                "model",
                                seen.model(),
                                "version",
                                Integer.toString(seen.version()),
                                "outcome",
                                seen.outcome()))
                .increment();
    }

    /** What a challenger would have answered was not published. */
    public void shadowDropped() {
        counter("inference.shadow.dropped", "Shadow results that were not published.")
                .increment();
    }

    /** What came of a reply that a request asked for. */
    public void replied(String outcome) {
        replies.computeIfAbsent(
                        outcome,
                        came -> counter("inference.replies", "Replies that requests asked for.", "outcome", came))
                .increment();
    }

    /** A version is not loaded any more. */
    public void modelGone(String model, int version) {
        Gauge gone = infos.remove(model + " v" + version);
        if (gone != null) {
            registry.remove(gone);
        }
    }

    /** A version is loaded. */
    public void modelInfo(String model, int version, String sha256, String precision) {
        Tags tags =
                Tags.of("model", model, "version", Integer.toString(version), "sha256", sha256, "precision", precision);
        Gauge now = Gauge.builder("inference.model.info", () -> 1)
                .description("1 for each version that is loaded.")
                .tags(tags)
                .strongReference(true)
                .register(registry);
        infos.put(model + " v" + version, now);
    }

    /** Live versions that run on a CPU because the lane's device cannot be used. */
    public void deviceFallbacks(int lane, Supplier<Number> versions) {
        gauge("inference.device.fallback", "Live versions on a CPU for want of the lane's device.", lane, versions);
    }

    /** What one lane has taken and not settled: source records, and bytes that wait for the broker's acknowledgement. */
    public void inFlight(int lane, Supplier<Number> records, Supplier<Number> bytes) {
        gauge("inference.inflight.records", "Source records taken and not yet settled.", lane, records);
        gauge("inference.inflight.bytes", "Requests and answers that wait for an acknowledgement.", lane, bytes);
    }

    private void gauge(String name, String description, int lane, Supplier<Number> value) {
        Gauge.builder(name, value)
                .description(description)
                .tag("lane", Integer.toString(lane))
                .strongReference(true)
                .register(registry);
    }

    /** Adds a consumer's own metrics, in the place of those of the one it replaces under {@code clientId}. */
    public <C extends Consumer<?, ?>> C watched(String clientId, C consumer) {
        watch(clientId, new KafkaClientMetrics(consumer));
        return consumer;
    }

    /** As above; Micrometer binds no share consumers, but all it asks a consumer for is its metrics. */
    public <C extends ShareConsumer<?, ?>> C watched(String clientId, C consumer) {
        Consumer<?, ?> metricsOnly = (Consumer<?, ?>) Proxy.newProxyInstance(
                WorkerMeters.class.getClassLoader(),
                new Class<?>[] {Consumer.class},
                (proxy, method, arguments) -> method.getName().equals("metrics") ? consumer.metrics() : null);
        watch(clientId, new KafkaClientMetrics(metricsOnly));
        return consumer;
    }

    /** Adds a producer's own metrics, in the place of those of the one it replaces under {@code clientId}. */
    public <P extends Producer<?, ?>> P watched(String clientId, P producer) {
        watch(clientId, new KafkaClientMetrics(producer));
        return producer;
    }

    private void watch(String clientId, KafkaClientMetrics metrics) {
        KafkaClientMetrics before = clients.put(clientId, metrics);
        if (before != null) {
            before.close();
        }
        metrics.bindTo(registry);
    }

    /** Lets go of the Kafka clients. */
    @Override
    public void close() {
        clients.values().forEach(KafkaClientMetrics::close);
        clients.clear();
    }
}
