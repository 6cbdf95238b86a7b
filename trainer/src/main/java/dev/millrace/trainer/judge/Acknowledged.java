package dev.millrace.trainer.judge;

import dev.millrace.schemas.ModelState;
import dev.millrace.schemas.ModelStatus;
import dev.millrace.schemas.WorkerState;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many workers do what was decided.
 *
 * @param live workers that were heard of lately and do not leave
 * @param acknowledged of these, those that serve both versions by the decision of the trial's epoch or a later one
 * @param refusal what a live worker says that could not load one of them; null where none does
 */
public record Acknowledged(
        int live, int acknowledged, @Nullable String refusal) {
    /** Counts {@code heartbeats}, one for each worker. */
    public static Acknowledged of(Collection<Heartbeat> heartbeats, OpenTrial trial, Policy policy, Instant now) {
        Instant oldest = now.minus(policy.workers().heartbeat());
        List<Heartbeat> live = heartbeats.stream()
                .filter(heartbeat -> !heartbeat.at().isBefore(oldest))
                .filter(heartbeat -> heartbeat.status().getState() != WorkerState.DRAINING)
                .toList();
        int acknowledged = 0;
        String refusal = null;
        for (Heartbeat heartbeat : live) {
            if (serves(heartbeat, trial, trial.champion()) && serves(heartbeat, trial, trial.challenger())) {
                acknowledged++;
            }
            for (ModelStatus model : heartbeat.status().getModels()) {
                if (isOf(model, trial, trial.challenger()) && model.getState() == ModelState.REFUSED) {
                    refusal = heartbeat.status().getWorker() + ": " + model.getDetail();
                }
            }
        }
        return new Acknowledged(live.size(), acknowledged, refusal);
    }

    private static boolean serves(Heartbeat heartbeat, OpenTrial trial, int version) {
        return heartbeat.status().getModels().stream()
                .anyMatch(model -> isOf(model, trial, version) && model.getState() == ModelState.LIVE);
    }

    private static boolean isOf(ModelStatus model, OpenTrial trial, int version) {
        return model.getModel().equals(trial.model())
                && model.getVersion() == version
                && model.getEpoch() >= trial.epoch();
    }

    boolean isEnough(Policy policy) {
        return live > 0 && 100.0 * acknowledged >= policy.workers().share() * live;
    }
}
