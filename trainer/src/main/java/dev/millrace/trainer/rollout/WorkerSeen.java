package dev.millrace.trainer.rollout;

import dev.millrace.schemas.ModelState;
import dev.millrace.schemas.ModelStatus;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.Trial;
import dev.millrace.schemas.WorkerState;
import dev.millrace.schemas.WorkerStatus;
import dev.millrace.schemas.registry.RegistryState.Decision;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What a worker last said of itself.
 *
 * @param heardAt by the broker's clock
 */
public record WorkerSeen(WorkerStatus status, Instant heardAt) {
    /** Whether it has been heard of within that time, and does not leave. */
    public boolean isAlive(Instant now, Duration limit) {
        return heardAt.plus(limit).isAfter(now) && status.getState() != WorkerState.DRAINING;
    }

    /** What it says of the versions of a model. */
    public List<ModelStatus> of(String model) {
        return status.getModels().stream()
                .filter(said -> said.getModel().equals(model))
                .toList();
    }

    /** Whether champion and challenger are loaded, by that decision or a later one. */
    public boolean acknowledges(Decision decision) {
        Rollout rollout = decision.rollout();
        Trial trial = rollout.getTrial();
        String model = rollout.getModel();
        return serves(model, rollout.getChampion(), decision.epoch())
                && (trial == null || serves(model, trial.getChallenger(), decision.epoch()));
    }

    /** Whether that version is loaded, by the decision of that epoch or a later one. */
    public boolean serves(String model, int version, long epoch) {
        return of(model).stream()
                .anyMatch(said ->
                        said.getVersion() == version && said.getState() == ModelState.LIVE && said.getEpoch() >= epoch);
    }
}
