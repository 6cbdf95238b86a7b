package dev.millrace.bench.limit.child;

import dev.millrace.bench.bed.Subject;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.schemas.wire.WireTerms;
import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.delivery.Clients;
import dev.millrace.worker.delivery.DeliveryMode;
import dev.millrace.worker.delivery.DeliveryPolicy;
import dev.millrace.worker.intake.Quarantine;
import dev.millrace.worker.intake.ShareTerms;
import dev.millrace.worker.lane.BatchPolicy;
import dev.millrace.worker.lane.LaneIdentity;
import dev.millrace.worker.lane.LaneVerticle;
import dev.millrace.worker.lane.OverloadPolicy;
import dev.millrace.worker.lane.Serving;
import dev.millrace.worker.model.Device;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.LiveModel;
import dev.millrace.worker.model.LiveModels;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.publish.Replies;
import dev.millrace.worker.publish.ResultPublisher;
import dev.millrace.worker.publish.ShadowPublisher;
import dev.millrace.worker.serving.ServingPlan;
import dev.millrace.worker.serving.ServingPlans;
import dev.millrace.worker.telemetry.StageWatch;
import dev.millrace.worker.telemetry.WorkerMeters;
import dev.millrace.worker.trace.Tracing;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;

/** A worker's own lanes, at work for clients that have everything in memory: all of a lane but Kafka. */
final class DryLanes implements AutoCloseable {
    private static final long DEPLOY_PATIENCE_S = 60;

    private static final ShadowPublisher NO_SHADOWS = new ShadowPublisher(
            () -> {
                throw new IllegalStateException("shadow producer: asked for (expected: no trial)");
            },
            "shadow",
            () -> {});

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private final LiveModels models = new LiveModels();
    private final List<MemoryConsumer> consumers = new ArrayList<>();

    DryLanes(Subject subject, int batch, List<Device> lanes)
            throws IOException, ModelRefusedException, TimeoutException {
        List<DeviceRequest> devices = lanes.stream().map(DeviceRequest::require).toList();
        ServingPlans plans = new ServingPlans("");
        for (Subject each : subject.isIdle() ? List.of(subject) : List.of(subject, subject.idle())) {
            models.install(LiveModel.load(each.onnx(), each.spec(), devices, batch));
            plans.follow(new ServingPlan(each.spec().name(), each.spec().version(), null, 0));
        }
        List<byte[]> requests = encoded(subject);
        List<byte[]> idle = encoded(subject.idle());
        WorkerMeters meters = new WorkerMeters(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
        for (int lane = 0; lane < lanes.size(); lane++) {
            MemoryConsumer consumer = new MemoryConsumer(lane, requests, idle, batch);
            consumers.add(consumer);
            LaneVerticle verticle = new LaneVerticle(
                    new LaneIdentity("bench", lane, devices.get(lane).device()),
                    new BatchPolicy(batch, Duration.ZERO, Duration.ofMillis(50), 5, DecodeLimits.DEFAULT),
                    OverloadPolicy.WAIT,
                    new LaneVerticle.DeliveryTerms(
                            policy(),
                            clients(consumer),
                            false,
                            MemoryConsumer.TOPIC,
                            new ResultPublisher.Destinations(
                                    "results", "dlq", "bench", "bench", WireTerms.singleObject()),
                            Replies.none(),
                            new Quarantine()),
                    new Serving(plans, models, NO_SHADOWS, WireTerms.singleObject()),
                    () -> true,
                    meters,
                    StageWatch.NONE,
                    Tracing.NONE,
                    () -> System.err.println("a lane has ended"));
            vertx.deployVerticle(
                            verticle,
                            new DeploymentOptions()
                                    .setThreadingModel(ThreadingModel.WORKER)
                                    .setWorkerPoolName("dry-" + lane)
                                    .setWorkerPoolSize(1)
                                    .setMaxWorkerExecuteTime(2)
                                    .setMaxWorkerExecuteTimeUnit(TimeUnit.MINUTES))
                    .await(DEPLOY_PATIENCE_S, TimeUnit.SECONDS);
        }
    }

    private static List<byte[]> encoded(Subject subject) {
        WireCodec<ImageRequest> codec = new WireCodec<>(ImageRequest.class);
        return subject.requests().stream()
                .peek(request -> request.setCreatedAt(Instant.now()))
                .map(codec::encode)
                .toList();
    }

    /** A worker's defaults. */
    private static DeliveryPolicy policy() {
        return new DeliveryPolicy(
                DeliveryMode.AT_LEAST_ONCE,
                1_000,
                16 << 20,
                Duration.ofSeconds(5),
                Duration.ofMillis(50),
                Duration.ofSeconds(15),
                3);
    }

    private static Clients clients(MemoryConsumer consumer) {
        return new Clients() {
            @Override
            public Consumer<byte[], ByteBuffer> groupMember() {
                return consumer;
            }

            @Override
            public ShareConsumer<byte[], ByteBuffer> shareMember() {
                throw new UnsupportedOperationException("share group: none here (expected: a consumer group)");
            }

            @Override
            public ShareTerms shareTerms() {
                throw new UnsupportedOperationException("share group: none here (expected: a consumer group)");
            }

            @Override
            public Producer<byte[], byte @Nullable []> producer() {
                return new MemoryProducer();
            }
        };
    }

    /** Lets them work for so long, with the model or with the one that does nothing. */
    Effort run(long millis, boolean idle) throws InterruptedException {
        List<MemoryConsumer.Turn> turns =
                consumers.stream().map(consumer -> consumer.open(millis, idle)).toList();
        Effort all = Effort.NONE;
        for (MemoryConsumer.Turn turn : turns) {
            all = all.beside(turn.await());
        }
        return all;
    }

    @Override
    public void close() throws TimeoutException {
        vertx.close().await(DEPLOY_PATIENCE_S, TimeUnit.SECONDS);
        models.close();
    }
}
