package dev.millrace.trainer.judge;

import dev.millrace.schemas.ModelState;
import dev.millrace.schemas.ModelStatus;
import dev.millrace.trainer.rollout.WorkerSeen;
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
    /** Counts {@code workers}. */
    public static Acknowledged of(Collection<WorkerSeen> workers, OpenTrial trial, Policy policy, Instant now) {
        List<WorkerSeen> live = workers.stream()
                .filter(worker -> worker.isAlive(now, policy.workers().heartbeat()))
                .toList();
        int acknowledged = 0;
        String refusal = null;
        for (WorkerSeen worker : live) {
            if (worker.serves(trial.model(), trial.champion(), trial.epoch())
                    && worker.serves(trial.model(), trial.challenger(), trial.epoch())) {
                acknowledged++;
            }
            for (ModelStatus said : worker.of(trial.model())) {
                if (said.getVersion() == trial.challenger()
                        && said.getEpoch() >= trial.epoch()
                        && said.getState() == ModelState.REFUSED) {
                    refusal = worker.status().getWorker() + ": " + said.getDetail();
                }
            }
        }
        return new Acknowledged(live.size(), acknowledged, refusal);
    }

    boolean isEnough(Policy policy) {
        return live > 0 && 100.0 * acknowledged >= policy.workers().share() * live;
    }
}
