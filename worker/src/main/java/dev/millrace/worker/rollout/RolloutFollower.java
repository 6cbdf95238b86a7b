package dev.millrace.worker.rollout;

import dev.millrace.schemas.LaneStatus;
import dev.millrace.schemas.ModelState;
import dev.millrace.schemas.WorkerState;
import dev.millrace.schemas.manifest.ManifestVerifier;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.registry.RegistryState.Decision;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.LiveModels;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Keeps the live models as the control topic says. One thread, its own clients; a decision that was refused is not tried
 * again until a newer one supersedes it.
 */
public final class RolloutFollower implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RolloutFollower.class);
    private static final long RETRY_MS = 1000;
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(15);

    private final Settings settings;
    private final LiveModels models;
    private final Clients clients;
    private final Consumer<Outcome> outcomes;
    private final Supplier<Self> self;
    private final Thread thread;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Map<String, RolloutStep> steps = new HashMap<>();
    private volatile List<RolloutStep> lastSteps = List.of();
    private volatile boolean settled;
    private volatile @Nullable String lastError;
    private volatile @Nullable String death;

    /**
     * What the follower is told.
     *
     * @param worker worker id, key of its status record
     * @param verifier opens manifests
     * @param lanes the device of each lane, by lane number
     * @param maxBatch most images in one session run
     * @param artifactLimitBytes the largest model to accept
     * @param heartbeat how often the status topic hears of this worker
     */
    public record Settings(
            String worker,
            ManifestVerifier verifier,
            List<DeviceRequest> lanes,
            int maxBatch,
            long artifactLimitBytes,
            Duration heartbeat) {}

    /** How it makes its Kafka clients, and the topics. Called on the rollout thread. */
    public record Clients(
            Supplier<org.apache.kafka.clients.consumer.Consumer<String, byte[]>> reader,
            Supplier<Producer<String, byte @Nullable []>> writer,
            String control,
            String artifacts,
            String status) {}

    /** What the rest of the worker says of itself, for the status topic. */
    public record Self(WorkerState state, List<LaneStatus> lanes) {}

    /**
     * What came of a decision.
     *
     * @param live false when it was refused, for the reason in {@code detail}
     */
    public record Outcome(String model, int version, boolean live, String detail) {}

    /** Wires the follower; it begins with {@link #start}. */
    public RolloutFollower(
            Settings settings, LiveModels models, Clients clients, Supplier<Self> self, Consumer<Outcome> outcomes) {
        this.settings = settings;
        this.models = models;
        this.clients = clients;
        this.self = self;
        this.outcomes = outcomes;
        this.thread = new Thread(this::run, "rollout");
    }

    /** Starts the rollout thread. */
    public void start() {
        thread.start();
    }

    /** Whether every champion that there was at the start is live or refused. */
    public boolean settled() {
        return settled;
    }

    /** What came of the last decision for each model. */
    public List<RolloutStep> steps() {
        return lastSteps;
    }

    /** Why the rollout thread has ended for good; null while it runs. */
    public @Nullable String death() {
        return death;
    }

    /** Why the control topic cannot be followed just now; null when it can. */
    public @Nullable String lastError() {
        return lastError;
    }

    private void run() {
        MDC.put("worker", settings.worker());
        try {
            while (stop.getCount() > 0) {
                attempt();
            }
        } catch (Error e) {
            log.error("rollout thread ended, the live models stay as they are", e);
            death = "rollout: " + e;
        }
    }

    /** Follows until told to stop, or until a client fails for good: then with new clients. */
    private void attempt() {
        try (ControlReader control = new ControlReader(clients.reader().get(), clients.control());
                StatusReporter status =
                        new StatusReporter(clients.writer().get(), clients.status(), settings.worker(), self)) {
            follow(control, status, installer());
        } catch (RuntimeException e) {
            // The broker is away or refuses: what is live stays.
            lastError = "rollout: " + e.getMessage();
            log.atWarn().addKeyValue("error", e).log("rollout interrupted, trying again");
            pause();
        }
    }

    private ModelInstaller installer() {
        return new ModelInstaller(
                settings.verifier(),
                new ArtifactFetcher(clients.reader(), clients.artifacts(), settings.artifactLimitBytes()),
                models,
                settings.lanes(),
                settings.maxBatch());
    }

    private void follow(ControlReader control, StatusReporter status, ModelInstaller installer) {
        long beatAt = System.nanoTime();
        while (stop.getCount() > 0) {
            RegistryState state = control.poll(POLL);
            boolean moved = control.caughtUp() && install(state, installer);
            if (moved || System.nanoTime() - beatAt >= 0) {
                status.beat(lastSteps);
                beatAt = System.nanoTime() + settings.heartbeat().toNanos();
            }
            lastError = status.lastError();
        }
    }

    /** Takes each decision that is newer than the last one taken for its model; true when there was one. */
    private boolean install(RegistryState state, ModelInstaller installer) {
        boolean moved = false;
        for (Decision decision : state.decisions().values()) {
            Champion champion = Champion.of(decision);
            RolloutStep last = steps.get(champion.model());
            if (last != null && last.epoch() >= champion.epoch()) {
                continue;
            }
            RolloutStep step = installer.install(champion, state.version(champion.model(), champion.version()));
            steps.put(champion.model(), step);
            lastSteps = List.copyOf(steps.values());
            if (last == null || last.version() != step.version() || step.state() != ModelState.LIVE) {
                tell(step);
            }
            moved = true;
        }
        settled = true;
        return moved;
    }

    private void tell(RolloutStep step) {
        boolean live = step.state() == ModelState.LIVE;
        LoggingEventBuilder told = (live ? log.atInfo() : log.atWarn())
                .addKeyValue("model", step.model())
                .addKeyValue("version", step.version())
                .addKeyValue("epoch", step.epoch());
        if (live) {
            told.log("model live");
        } else {
            told.addKeyValue("reason", step.detail()).log("model refused");
        }
        outcomes.accept(new Outcome(step.model(), step.version(), live, step.detail()));
    }

    private void pause() {
        try {
            stop.await(RETRY_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            stop.countDown();
        }
    }

    /** Leaves the status topic and ends the rollout thread. */
    @Override
    public void close() {
        stop.countDown();
        try {
            thread.join(STOP_PATIENCE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
