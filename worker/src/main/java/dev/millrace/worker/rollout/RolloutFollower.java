package dev.millrace.worker.rollout;

import dev.millrace.schemas.LaneStatus;
import dev.millrace.schemas.ModelStatus;
import dev.millrace.schemas.WorkerState;
import dev.millrace.schemas.manifest.ManifestVerifier;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.registry.RegistryState.Decision;
import dev.millrace.worker.artifact.Artifacts;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.LiveModels;
import dev.millrace.worker.rehearsal.Rehearsal;
import dev.millrace.worker.serving.ServingPlan;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Keeps the live models as the control topic says. One thread, its own clients, and a second one that prepares versions; a version that
 * was refused is not tried again before a newer decision.
 */
public final class RolloutFollower implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RolloutFollower.class);
    private static final long RETRY_MS = 1000;
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration POLL_WHILE_PREPARING = Duration.ofMillis(10);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(15);

    private final Settings settings;
    private final LiveModels models;
    private final Clients clients;
    private final Listener listener;
    private final Supplier<Self> self;
    private final Thread thread;
    private final CountDownLatch stop = new CountDownLatch(1);
    /** From the model thread. */
    private final Queue<Told> inbox = new ConcurrentLinkedQueue<>();
    /** By model; written by the rollout thread alone. */
    private volatile Map<String, ModelRollout> rollouts = Map.of();

    private final ModelThread.Needed needed = new Rollouts();
    private final ModelThread.Listener told = new Inbox();
    private volatile boolean settled;
    private volatile @Nullable String lastError;
    private volatile @Nullable String death;

    private record Told(String model, Progress progress) {}

    /**
     * What the follower is told.
     *
     * @param worker worker id, key of its status record
     * @param verifier opens manifests
     * @param lanes the device of each lane, by lane number
     * @param maxBatch most images in one session run
     * @param artifacts fetches versions
     * @param rehearsal runs every version before it is loaded; null: none is
     * @param memoryBytes what all models may take; 0: no limit
     * @param heartbeat how often the status topic hears of this worker
     */
    public record Settings(
            String worker,
            ManifestVerifier verifier,
            List<DeviceRequest> lanes,
            int maxBatch,
            Artifacts artifacts,
            @Nullable Rehearsal rehearsal,
            long memoryBytes,
            Duration heartbeat) {}

    /** How it makes its Kafka clients, and the topics. Called on the rollout thread. */
    public record Clients(
            Supplier<org.apache.kafka.clients.consumer.Consumer<String, byte[]>> reader,
            Supplier<Producer<String, byte @Nullable []>> writer,
            String control,
            String status) {}

    /** What the rest of the worker says of itself, for the status topic. */
    public record Self(WorkerState state, List<LaneStatus> lanes) {}

    /** Told on the rollout thread what comes of decisions. */
    public interface Listener {
        /** A version is loaded; nobody may follow a plan that names it yet. */
        void ready(String model, int version);

        /** A version cannot be had; what was live before still is. */
        void refused(String model, int version, String reason);

        /** The lanes are to follow that. */
        void follow(ServingPlan plan);

        /** A version is not loaded any more. */
        void retired(String model, int version);
    }

    /** Wires the follower; it begins with {@link #start}. */
    public RolloutFollower(
            Settings settings, LiveModels models, Clients clients, Supplier<Self> self, Listener listener) {
        this.settings = settings;
        this.models = models;
        this.clients = clients;
        this.self = self;
        this.listener = listener;
        this.thread = new Thread(this::run, "rollout");
    }

    /** Starts the rollout thread. */
    public void start() {
        thread.start();
    }

    /** Whether every champion and challenger that there was at the start is live or refused. */
    public boolean settled() {
        return settled;
    }

    /** What came of the last decision for each model, for every version that it names. */
    public List<ModelStatus> statuses() {
        return rollouts.values().stream()
                .flatMap(rollout -> rollout.statuses().stream())
                .toList();
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
        try (ModelThread preparing = new ModelThread(settings.worker(), preparer(), needed, told)) {
            while (stop.getCount() > 0) {
                attempt(preparing);
            }
        } catch (Error e) {
            log.error("rollout thread ended, the live models stay as they are", e);
            death = "rollout: " + e;
        }
    }

    private final class Rollouts implements ModelThread.Needed {
        @Override
        public boolean wants(String model, int version) {
            ModelRollout rollout = rollouts.get(model);
            return stop.getCount() > 0 && rollout != null && rollout.wants(version);
        }

        @Override
        public boolean holds(String model, int version) {
            ModelRollout rollout = rollouts.get(model);
            return rollout != null && rollout.holds(version);
        }
    }

    private final class Inbox implements ModelThread.Listener {
        @Override
        public void told(String model, Progress progress) {
            inbox.add(new Told(model, progress));
        }

        @Override
        public void died(Error cause) {
            death = "rollout: " + cause;
        }
    }

    /** Follows until told to stop, or until a client fails for good: then with new clients. */
    private void attempt(ModelThread preparing) {
        try (ControlReader control = new ControlReader(clients.reader().get(), clients.control());
                StatusReporter status =
                        new StatusReporter(clients.writer().get(), clients.status(), settings.worker(), self)) {
            follow(control, status, preparing);
        } catch (RuntimeException e) {
            // The broker is away or refuses: what is live stays.
            lastError = "rollout: " + e.getMessage();
            log.atWarn().addKeyValue("error", e).log("rollout interrupted, trying again");
            pause();
        }
    }

    private ModelPreparer preparer() {
        return new ModelPreparer(
                settings.verifier(),
                settings.artifacts(),
                settings.rehearsal(),
                models,
                new MemoryBudget(settings.memoryBytes(), settings.lanes().size()),
                needed,
                settings.lanes(),
                settings.maxBatch());
    }

    private void follow(ControlReader control, StatusReporter status, ModelThread preparing) {
        long beatAt = System.nanoTime();
        while (stop.getCount() > 0) {
            RegistryState state = control.poll(isMoving() ? POLL_WHILE_PREPARING : POLL);
            boolean moved = false;
            // Before that the state may lack what a version needs.
            if (control.caughtUp()) {
                moved = decide(state, preparing);
                moved |= progress(state, preparing);
                settled |= rollouts.values().stream().allMatch(ModelRollout::armsTried);
            }
            if (moved || System.nanoTime() - beatAt >= 0) {
                status.beat(statuses());
                beatAt = System.nanoTime() + settings.heartbeat().toNanos();
            }
            lastError = status.lastError();
        }
    }

    private boolean isMoving() {
        return rollouts.values().stream().anyMatch(ModelRollout::isMoving);
    }

    /** Takes each decision that is newer than the last one taken for its model; true when there was one. */
    private boolean decide(RegistryState state, ModelThread preparing) {
        boolean moved = false;
        for (Decision decision : state.decisions().values()) {
            ModelRollout now = rollouts.get(decision.rollout().getModel());
            if (now == null) {
                take(ModelRollout.begin(Wanted.of(decision, state)), state, preparing);
            } else if (now.wanted().epoch() < decision.epoch()) {
                take(now.on(new Progress.Decided(Wanted.of(decision, state))), state, preparing);
            } else {
                continue;
            }
            moved = true;
        }
        return moved;
    }

    private boolean progress(RegistryState state, ModelThread preparing) {
        boolean moved = false;
        for (Told told = inbox.poll(); told != null; told = inbox.poll()) {
            ModelRollout now = Objects.requireNonNull(rollouts.get(told.model()));
            log(told, now);
            take(now.on(told.progress()), state, preparing);
            moved = true;
        }
        return moved;
    }

    private void take(ModelRollout.Step step, RegistryState state, ModelThread preparing) {
        String model = step.state().wanted().model();
        Map<String, ModelRollout> next = new TreeMap<>(rollouts);
        next.put(model, step.state());
        // Before the effects: the model thread asks whether what it is to prepare is wanted.
        rollouts = next;
        for (Effect effect : step.effects()) {
            if (effect instanceof Effect.Prepare prepare) {
                preparing.prepare(model, prepare, state.version(model, prepare.version()));
            } else if (effect instanceof Effect.Follow follow) {
                listener.follow(follow.plan());
            } else if (effect instanceof Effect.Retire retire) {
                models.retire(model, retire.version());
                listener.retired(model, retire.version());
            }
        }
    }

    private void log(Told told, ModelRollout now) {
        if (told.progress() instanceof Progress.Prepared prepared) {
            log.atInfo()
                    .addKeyValue("model", told.model())
                    .addKeyValue("version", prepared.version())
                    .addKeyValue("epoch", prepared.epoch())
                    .log("model live");
            listener.ready(told.model(), prepared.version());
        } else if (told.progress() instanceof Progress.Failed failed && now.wants(failed.version())) {
            log.atWarn()
                    .addKeyValue("model", told.model())
                    .addKeyValue("version", failed.version())
                    .addKeyValue("epoch", failed.epoch())
                    .addKeyValue("reason", failed.reason())
                    .log("model refused");
            listener.refused(told.model(), failed.version(), failed.reason());
        }
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
