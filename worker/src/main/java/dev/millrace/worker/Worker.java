package dev.millrace.worker;

import dev.millrace.schemas.TrialKind;
import dev.millrace.schemas.wire.WireTerms;
import dev.millrace.worker.artifact.ArtifactCache;
import dev.millrace.worker.artifact.Artifacts;
import dev.millrace.worker.delivery.DeliveryMode;
import dev.millrace.worker.http.HealthEndpoint;
import dev.millrace.worker.intake.Quarantine;
import dev.millrace.worker.lane.LaneIdentity;
import dev.millrace.worker.lane.LaneSnapshot;
import dev.millrace.worker.lane.LaneVerticle;
import dev.millrace.worker.lane.Machine;
import dev.millrace.worker.lane.Serving;
import dev.millrace.worker.model.CompilerThreads;
import dev.millrace.worker.model.Device;
import dev.millrace.worker.model.DeviceProbe;
import dev.millrace.worker.model.LiveModels;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.publish.Replies;
import dev.millrace.worker.publish.ResultPublisher;
import dev.millrace.worker.publish.ShadowPublisher;
import dev.millrace.worker.rehearsal.ProcessLimits;
import dev.millrace.worker.rehearsal.Rehearsal;
import dev.millrace.worker.rollout.RolloutFollower;
import dev.millrace.worker.serving.ServingPlan;
import dev.millrace.worker.serving.ServingPlans;
import dev.millrace.worker.telemetry.ProcessMeters;
import dev.millrace.worker.telemetry.StageWatch;
import dev.millrace.worker.telemetry.WorkerMeters;
import dev.millrace.worker.trace.Tracing;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One worker process: wires the parts, starts them, and stops them in reverse. {@link #start} and {@link #stop} belong
 * to one thread at a time; everything else may be called from anywhere.
 */
public final class Worker {
    private static final Logger log = LoggerFactory.getLogger(Worker.class);
    private static final long STOP_PATIENCE_S = 60;

    private final WorkerConfig config;
    private final KafkaClients clients;
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final WorkerMeters meters = new WorkerMeters(registry);
    private final Quarantine quarantine = new Quarantine();
    private final ProcessMeters process = new ProcessMeters(registry);
    private final ServingPlans plans;
    private final LiveModels models = new LiveModels();
    private final WireTerms wire;
    private final AtomicReference<@Nullable String> lastWireTrouble = new AtomicReference<>();
    private final ShadowPublisher shadows;
    private final Replies replies;
    private final List<LaneVerticle> lanes = new ArrayList<>();
    private final RolloutFollower follower;
    private final WorkerReport report;
    private final ServedModels served;
    private final Vertx vertx;
    private final CompletableFuture<ModelSpec> firstModel = new CompletableFuture<>();
    private final CompletableFuture<List<String>> ended = new CompletableFuture<>();
    private final AtomicBoolean draining = new AtomicBoolean();
    private @Nullable HttpServer http;

    /**
     * Wires a worker; nothing runs before {@link #start}.
     *
     * @param stages told as each lane enters a stage
     */
    public Worker(WorkerConfig config, StageWatch stages) {
        this.config = config;
        CompilerThreads.avoid(config.lanes());
        clients = new KafkaClients(config, meters);
        wire = config.wire().terms();
        plans = new ServingPlans(config.model().defaultModel());
        shadows = new ShadowPublisher(clients::shadows, config.topics().shadowResults(), meters::shadowDropped);
        replies = new Replies(config.replies(), clients::admin, outcome -> meters.replied(outcome.name()));
        vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
        Tracing tracing = Tracing.ofProcess(new Tracing.Place(
                config.group(), config.topics().results(), config.topics().deadLetters()));
        for (int lane = 0; lane < config.lanes().size(); lane++) {
            lanes.add(lane(lane, stages, tracing));
            int number = lane;
            meters.deviceFallbacks(lane, () -> models.fallbacks().stream()
                    .filter(fallback -> fallback.lane() == number)
                    .count());
        }
        follower = new RolloutFollower(
                new RolloutFollower.Settings(
                        config.id(),
                        config.model().verifier(),
                        config.lanes().stream().map(config.device()::request).toList(),
                        config.batch().max(),
                        new Artifacts(
                                clients::reader,
                                config.topics().artifacts(),
                                config.model().artifactLimitBytes(),
                                cache(config.model().cache())),
                        rehearsal(config.model().rehearsal()),
                        config.model().memoryBytes(),
                        config.heartbeat()),
                models,
                new RolloutFollower.Clients(
                        clients::reader,
                        clients::status,
                        config.topics().control(),
                        config.topics().status()),
                () -> report().self(),
                new Rollouts());
        report = new WorkerReport(config, lanes, models, follower, this::mayJoin, this::wireTrouble, draining::get);
        served = new ServedModels(models, plans, follower::statuses);
    }

    private static @Nullable ArtifactCache cache(WorkerConfig.@Nullable CacheConfig cache) {
        return cache == null ? null : new ArtifactCache(cache.folder(), cache.limitBytes());
    }

    private static @Nullable Rehearsal rehearsal(@Nullable ProcessLimits limits) {
        return limits == null ? null : new Rehearsal(limits);
    }

    private WorkerReport report() {
        return report;
    }

    private LaneVerticle lane(int lane, StageWatch stages, Tracing tracing) {
        return new LaneVerticle(
                new LaneIdentity(config.id(), lane, config.lanes().get(lane)),
                config.batch(),
                config.overload(),
                new LaneVerticle.DeliveryTerms(
                        config.delivery(),
                        clients.ofLane(lane),
                        clients.pollStartsThreads(),
                        config.topics().requests(),
                        new ResultPublisher.Destinations(
                                config.topics().results(),
                                config.topics().deadLetters(),
                                config.group(),
                                config.id(),
                                wire),
                        replies,
                        quarantine),
                new Serving(plans, models, shadows, wire),
                this::mayJoin,
                meters,
                stages,
                tracing,
                this::onDeath);
    }

    private void onDeath() {
        if (lanes.stream().allMatch(lane -> lane.death() != null)) {
            ended.complete(report.deaths());
        }
    }

    private boolean mayJoin() {
        return follower.settled() && !plans.isEmpty() && canWriteResults();
    }

    /** No lane takes what it could not answer: the registry gives the id of results first. */
    private boolean canWriteResults() {
        boolean ready = wire.readyForResults(config.topics().results());
        if (!ready) {
            String trouble = wire.trouble();
            if (trouble != null && !trouble.equals(lastWireTrouble.getAndSet(trouble))) {
                log.warn("no results can be written yet: {}", trouble);
            }
        }
        return ready;
    }

    /** What keeps results from being written; once they can be, a lane says what it waits for. */
    private @Nullable String wireTrouble() {
        return canWriteResults() ? null : wire.trouble();
    }

    /**
     * Starts everything: health first, so that a start that takes long can be watched.
     *
     * @throws WorkerStartException when a part cannot start; what had started is stopped again
     */
    public void start() throws WorkerStartException {
        try {
            HealthEndpoint endpoint = new HealthEndpoint(report::health, report::status, served::all, registry::scrape);
            http = await(
                    endpoint.listen(vertx, config.http().host(), config.http().port()));
        } catch (WorkerStartException e) {
            stop();
            throw new WorkerStartException(
                    Setting.HTTP_PORT.key + ": " + config.http().port() + " (expected: a free port; " + e.getMessage()
                            + ")",
                    e);
        }
        try {
            requireDevices();
            if (config.delivery().mode() == DeliveryMode.QUEUE) {
                prepareShareGroup();
            }
            follower.start();
            for (LaneVerticle lane : lanes) {
                await(vertx.deployVerticle(lane, laneOptions(lanes.indexOf(lane))));
            }
        } catch (WorkerStartException e) {
            stop();
            throw e;
        }
    }

    /** Before any model is there: a required device that cannot be used is a reason not to start at all. */
    private void requireDevices() throws WorkerStartException {
        for (Device device : new LinkedHashSet<>(config.lanes())) {
            try {
                DeviceProbe.require(config.device().request(device));
            } catch (ModelRefusedException | LinkageError e) {
                String problem = Setting.LANES.key + ": " + e.getMessage() + "; this process has " + Machine.here();
                if (config.device().required()) {
                    throw new WorkerStartException(problem, e);
                }
                log.warn("{}: its lanes run on {}", problem, Device.ANY_CPU);
            }
        }
    }

    private void prepareShareGroup() throws WorkerStartException {
        try {
            clients.prepareShareGroup();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WorkerStartException("interrupted while the share group was prepared", e);
        }
    }

    private static DeploymentOptions laneOptions(int lane) {
        return new DeploymentOptions()
                .setThreadingModel(ThreadingModel.WORKER)
                .setWorkerPoolName("lane-" + lane)
                .setWorkerPoolSize(1)
                .setMaxWorkerExecuteTime(2)
                .setMaxWorkerExecuteTimeUnit(TimeUnit.MINUTES);
    }

    private static <T> T await(Future<T> future) throws WorkerStartException {
        try {
            return future.await(STOP_PATIENCE_S, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new WorkerStartException(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Drains the lanes, leaves the status topic, closes the models. A second call does nothing.
     *
     * @return whether everything that was taken is answered and committed
     */
    public boolean stop() {
        if (!draining.compareAndSet(false, true)) {
            return true;
        }
        boolean clean = true;
        try {
            // All lanes at once: a lane that left alone would only hand its partitions to one that is about to leave.
            await(Future.join(
                    vertx.deploymentIDs().stream().map(vertx::undeploy).toList()));
        } catch (WorkerStartException e) {
            log.atWarn().addKeyValue("error", e).log("a lane did not stop cleanly");
            clean = false;
        }
        clean &= lanes.stream().allMatch(LaneVerticle::drained);
        follower.close();
        models.close();
        shadows.close();
        replies.close();
        wire.close();
        try {
            await(vertx.close());
        } catch (WorkerStartException e) {
            log.atWarn().addKeyValue("error", e).log("vertx did not close cleanly");
        }
        clients.close();
        meters.close();
        process.close();
        registry.close();
        return clean;
    }

    /** What the rollout thread tells. */
    private final class Rollouts implements RolloutFollower.Listener {
        @Override
        public void ready(String model, int version) {
            meters.swapped("live");
            spec(model, version)
                    .ifPresent(spec -> meters.modelInfo(spec.name(), spec.version(), spec.sha256(), spec.precision()));
        }

        @Override
        public void refused(String model, int version, String reason) {
            meters.swapped("refused");
        }

        @Override
        public void follow(ServingPlan plan) {
            plans.follow(plan);
            if (plan.trial(TrialKind.SHADOW) != null) {
                openShadows();
            }
            spec(plan.model(), plan.champion()).ifPresent(firstModel::complete);
        }

        /** Without it results of challengers that look on are counted as dropped; nothing else may fail for it. */
        private void openShadows() {
            try {
                shadows.open();
            } catch (KafkaException e) {
                log.atWarn().addKeyValue("error", e.getMessage()).log("shadow results are not published");
            }
        }

        @Override
        public void retired(String model, int version) {
            meters.modelGone(model, version);
        }

        private Optional<ModelSpec> spec(String model, int version) {
            return models.live().stream()
                    .filter(spec -> spec.name().equals(model) && spec.version() == version)
                    .findFirst();
        }
    }

    /** Completes when the first model is live: from then on requests are answered. */
    public CompletableFuture<ModelSpec> firstModel() {
        return firstModel;
    }

    /** Completes with the reasons when the last lane has ended by itself: nothing is answered any more. */
    public CompletableFuture<List<String>> ended() {
        return ended;
    }

    /** The port that health and metrics are served on. */
    public int httpPort() {
        return Objects.requireNonNull(http, "worker: not started (expected: start() first)")
                .actualPort();
    }

    /** Every lane as of its last turn. */
    public List<LaneSnapshot> lanes() {
        return report.lanes();
    }

    /** Whether every part still runs; a worker that is not live should be restarted. */
    public boolean live() {
        return report.health().live();
    }
}
