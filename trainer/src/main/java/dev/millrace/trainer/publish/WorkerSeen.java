package dev.millrace.trainer.publish;

import dev.millrace.schemas.ModelState;
import dev.millrace.schemas.ModelStatus;
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
    /** Whether it has been heard of within that time. */
    public boolean isAlive(Instant now, Duration limit) {
        return heardAt.plus(limit).isAfter(now);
    }

    /** What it says of the versions of a model. */
    public List<ModelStatus> of(String model) {
        return status.getModels().stream()
                .filter(said -> said.getModel().equals(model))
                .toList();
    }

    /** Whether it has every version that the decision names, for that very decision. */
    public boolean acknowledges(Decision decision) {
        List<ModelStatus> said = of(decision.rollout().getModel());
        return !said.isEmpty()
                && said.stream()
                        .allMatch(version ->
                                version.getEpoch() == decision.epoch() && version.getState() == ModelState.LIVE);
    }
}
