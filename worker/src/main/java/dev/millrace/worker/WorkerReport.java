package dev.millrace.worker;

import dev.millrace.schemas.LaneStatus;
import dev.millrace.schemas.WorkerState;
import dev.millrace.worker.http.Health;
import dev.millrace.worker.http.Status;
import dev.millrace.worker.lane.LaneFailure;
import dev.millrace.worker.lane.LaneSnapshot;
import dev.millrace.worker.lane.LaneVerticle;
import dev.millrace.worker.model.LiveModels;
import dev.millrace.worker.rollout.RolloutFollower;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** How a worker is, told from the snapshots of its parts. Any thread; waits for nothing. */
final class WorkerReport {
    private final WorkerConfig config;
    private final List<LaneVerticle> verticles;
    private final LiveModels models;
    private final RolloutFollower follower;
    private final BooleanSupplier mayServe;
    private final Supplier<@Nullable String> wireTrouble;
    private final BooleanSupplier draining;
    private final Instant startedAt =
            ProcessHandle.current().info().startInstant().orElseGet(Instant::now);

    WorkerReport(
            WorkerConfig config,
            List<LaneVerticle> verticles,
            LiveModels models,
            RolloutFollower follower,
            BooleanSupplier mayServe,
            Supplier<@Nullable String> wireTrouble,
            BooleanSupplier draining) {
        this.config = config;
        this.verticles = verticles;
        this.models = models;
        this.follower = follower;
        this.mayServe = mayServe;
        this.wireTrouble = wireTrouble;
        this.draining = draining;
    }

    /** Every lane as of its last turn. */
    List<LaneSnapshot> lanes() {
        return verticles.stream()
                .map(LaneVerticle::snapshot)
                .filter(Objects::nonNull)
                .toList();
    }

    /** For the status topic. */
    RolloutFollower.Self self() {
        List<LaneStatus> statuses = lanes().stream()
                .map(lane -> new LaneStatus(lane.lane(), lane.device().toString(), lane.partitions(), lane.answered()))
                .toList();
        return new RolloutFollower.Self(state(), statuses);
    }

    private WorkerState state() {
        if (draining.getAsBoolean()) {
            return WorkerState.DRAINING;
        }
        if (lanes().size() < verticles.size()) {
            return WorkerState.STARTING;
        }
        if (!mayServe.getAsBoolean()) {
            return WorkerState.WAITING_FOR_MODEL;
        }
        return errors().isEmpty() ? WorkerState.SERVING : WorkerState.UNHEALTHY;
    }

    /** For health and readiness. */
    Health health() {
        WorkerState state = state();
        List<String> reasons = new ArrayList<>(errors());
        if (state != WorkerState.SERVING && reasons.isEmpty()) {
            reasons.add(state.name());
        }
        List<String> deaths = deaths();
        reasons.addAll(deaths);
        models.fallbacks().forEach(fallback -> reasons.add(fallback.toString()));
        return new Health(deaths.isEmpty(), deaths.isEmpty() && state == WorkerState.SERVING, reasons);
    }

    List<String> deaths() {
        List<String> deaths = new ArrayList<>();
        for (LaneVerticle lane : verticles) {
            String death = lane.death();
            if (death != null) {
                deaths.add(death);
            }
        }
        String death = follower.death();
        if (death != null) {
            deaths.add(death);
        }
        return deaths;
    }

    private List<String> errors() {
        List<String> errors = new ArrayList<>();
        for (LaneSnapshot lane : lanes()) {
            if (lane.lastError() != null) {
                errors.add("lane " + lane.lane() + ": " + lane.lastError());
            }
        }
        String rollout = follower.lastError();
        if (rollout != null) {
            errors.add(rollout);
        }
        String wire = wireTrouble.get();
        if (wire != null) {
            errors.add(wire);
        }
        return errors;
    }

    /** For {@code /status}. */
    Status status() {
        List<Status.Lane> lanes = lanes().stream().map(WorkerReport::lane).toList();
        return new Status(
                config.id(),
                config.group(),
                config.delivery().mode().toString(),
                state().name(),
                health().reasons(),
                startedAt,
                Duration.between(startedAt, Instant.now()).toSeconds(),
                lanes,
                models.versions().stream()
                        .map(live -> new Status.Model(
                                live.spec().name(),
                                live.spec().version(),
                                live.spec().sha256(),
                                live.spec().precision(),
                                live.leases()))
                        .toList(),
                follower.statuses().stream()
                        .map(status -> new Status.Rollout(
                                status.getModel(),
                                status.getVersion(),
                                status.getRole().name(),
                                status.getEpoch(),
                                status.getState().name(),
                                status.getDetail()))
                        .toList(),
                lanes.stream()
                        .map(Status.Lane::lastError)
                        .filter(Objects::nonNull)
                        .max(Comparator.comparing(Status.Failure::at))
                        .orElse(null));
    }

    private static Status.Lane lane(LaneSnapshot lane) {
        return new Status.Lane(
                lane.lane(),
                lane.asked().toString(),
                lane.device().toString(),
                lane.partitions().stream()
                        .map(partition ->
                                new Status.Partition(partition, lane.lags().get(partition)))
                        .toList(),
                new Status.InFlight(lane.inFlight(), lane.inFlightBytes()),
                lane.answered(),
                lane.batches(),
                lane.batches() == 0 ? 0 : Math.round(100.0 * lane.images() / lane.batches()) / 100.0,
                failure(lane.lastFailure()));
    }

    private static Status.@Nullable Failure failure(@Nullable LaneFailure failure) {
        return failure == null ? null : new Status.Failure(failure.message(), failure.at(), failure.ongoing());
    }
}
