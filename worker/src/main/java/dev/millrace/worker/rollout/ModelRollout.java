package dev.millrace.worker.rollout;

import dev.millrace.schemas.ModelState;
import dev.millrace.schemas.ModelStatus;
import dev.millrace.schemas.Trial;
import dev.millrace.worker.rollout.VersionState.Preparing;
import dev.millrace.worker.rollout.VersionState.Ready;
import dev.millrace.worker.rollout.VersionState.Refused;
import dev.millrace.worker.serving.ServingPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The rollout of one model on one worker, as a pure state machine: what is wanted, how far each version is, and whom the lanes follow. The
 * champion before answers until the next one is warm, and goes on when that is refused. A newer decision supersedes; what was begun for an
 * older one and is wanted no more only cleans up. Immutable.
 *
 * @param wanted by the newest decision
 * @param versions how far each is, whether wanted or not
 * @param plan that the lanes follow; null before the first
 */
record ModelRollout(
        Wanted wanted,
        Map<Integer, VersionState> versions,
        @Nullable ServingPlan plan) {
    ModelRollout {
        versions = Map.copyOf(versions);
    }

    /** A state and what is to be done to be in it. */
    record Step(ModelRollout state, List<Effect> effects) {
        Step {
            effects = List.copyOf(effects);
        }
    }

    /** The first decision for a model. */
    static Step begin(Wanted wanted) {
        return new ModelRollout(wanted, Map.of(), null).wanting(wanted);
    }

    Step on(Progress progress) {
        if (progress instanceof Progress.Decided decided) {
            return decided.wanted().epoch() > wanted.epoch() ? wanting(decided.wanted()) : new Step(this, List.of());
        }
        if (progress instanceof Progress.Prepared prepared) {
            return with(prepared.version(), new Ready(prepared.sha256())).settled(List.of());
        }
        if (progress instanceof Progress.Waiting waiting) {
            return with(waiting.version(), new Preparing(waiting.reason())).settled(List.of());
        }
        Progress.Failed failed = (Progress.Failed) progress;
        int version = failed.version();
        if (!wanted.roles().containsKey(version)) {
            return without(version).settled(List.of());
        }
        if (failed.epoch() < wanted.epoch()) {
            // A newer decision wants it, too: what was missing may have come with it.
            return with(version, Preparing.BEGUN).settled(List.of(new Effect.Prepare(version, wanted.epoch())));
        }
        return with(version, new Refused(failed.sha256(), failed.reason())).settled(List.of());
    }

    private Step wanting(Wanted next) {
        Map<Integer, VersionState> now = new TreeMap<>(versions);
        now.entrySet()
                .removeIf(entry ->
                        entry.getValue() instanceof Refused && !next.roles().containsKey(entry.getKey()));
        List<Effect> prepare = new ArrayList<>();
        for (int version : next.roles().keySet()) {
            VersionState state = now.get(version);
            if (state == null || state instanceof Refused) {
                now.put(version, Preparing.BEGUN);
                prepare.add(new Effect.Prepare(version, next.epoch()));
            }
        }
        return new ModelRollout(next, now, plan).settled(prepare);
    }

    private ModelRollout with(int version, VersionState state) {
        Map<Integer, VersionState> next = new TreeMap<>(versions);
        next.put(version, state);
        return new ModelRollout(wanted, next, plan);
    }

    private ModelRollout without(int version) {
        Map<Integer, VersionState> next = new TreeMap<>(versions);
        next.remove(version);
        return new ModelRollout(wanted, next, plan);
    }

    /** With the plan that is possible now; what neither it nor the decision names is retired, after nobody follows it. */
    private Step settled(List<Effect> prepare) {
        List<Effect> effects = new ArrayList<>();
        ServingPlan next = possible();
        if (next != null && !next.equals(plan)) {
            effects.add(new Effect.Follow(next));
        }
        Map<Integer, VersionState> left = new TreeMap<>(versions);
        left.entrySet().removeIf(entry -> {
            int version = entry.getKey();
            boolean idle = entry.getValue() instanceof Ready
                    && !wanted.roles().containsKey(version)
                    && (next == null || next.champion() != version);
            if (idle) {
                effects.add(new Effect.Retire(version));
            }
            return idle;
        });
        // Last: what is retired makes room.
        effects.addAll(prepare);
        return new Step(new ModelRollout(wanted, left, next), effects);
    }

    private @Nullable ServingPlan possible() {
        if (isReady(wanted.champion())) {
            return new ServingPlan(wanted.model(), wanted.champion(), trial(), wanted.epoch());
        }
        // The champion before, as long as it is needed, and alone: a trial is against the champion that it was decided
        // with.
        return plan == null ? null : new ServingPlan(plan.model(), plan.champion(), null, plan.epoch());
    }

    private @Nullable Trial trial() {
        Trial trial = wanted.decision().rollout().getTrial();
        return trial != null && isReady(trial.getChallenger()) ? trial : null;
    }

    private boolean isReady(int version) {
        return versions.get(version) instanceof Ready;
    }

    /**
     * Whether champion and challenger have been tried: from then on this worker answers as the others do. For a challenger that waits for
     * something it does not wait.
     */
    boolean armsTried() {
        return wanted.roles().entrySet().stream()
                .noneMatch(entry -> versions.get(entry.getKey()) instanceof Preparing preparing
                        && switch (entry.getValue()) {
                            case CHAMPION -> true;
                            case CHALLENGER -> !preparing.isWaiting();
                            case KEPT, UNKNOWN -> false;
                        });
    }

    /** Whether something is about to happen. */
    boolean isMoving() {
        return wanted.roles().keySet().stream()
                .anyMatch(version -> versions.get(version) instanceof Preparing preparing && !preparing.isWaiting());
    }

    /** Whether the version is wanted, or answers. */
    boolean holds(int version) {
        return wants(version) || (plan != null && plan.champion() == version);
    }

    /** Whether somebody still waits for that version. */
    boolean wants(int version) {
        return wanted.roles().containsKey(version);
    }

    /** For the status topic: an entry for every version that is wanted. */
    List<ModelStatus> statuses() {
        List<ModelStatus> statuses = new ArrayList<>();
        wanted.roles().forEach((version, role) -> {
            VersionState state = versions.get(version);
            if (state instanceof Ready ready) {
                statuses.add(new ModelStatus(
                        wanted.model(), version, ready.sha256(), wanted.epoch(), ModelState.LIVE, "", role));
            } else if (state instanceof Refused refused) {
                statuses.add(new ModelStatus(
                        wanted.model(),
                        version,
                        refused.sha256(),
                        wanted.epoch(),
                        ModelState.REFUSED,
                        refused.reason(),
                        role));
            } else {
                String waitsFor = state instanceof Preparing preparing ? preparing.waitsFor() : "";
                statuses.add(new ModelStatus(
                        wanted.model(), version, "", wanted.epoch(), ModelState.PREPARING, waitsFor, role));
            }
        });
        return statuses;
    }
}
