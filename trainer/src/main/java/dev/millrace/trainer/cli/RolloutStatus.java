package dev.millrace.trainer.cli;

import dev.millrace.schemas.ModelStatus;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.Trial;
import dev.millrace.schemas.registry.RegistryState.Decision;
import dev.millrace.schemas.registry.Split;
import dev.millrace.trainer.rollout.WorkerSeen;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rollout of a model and how far each worker is with it; its JSON has these names in snake case.
 *
 * @param acknowledged how many of the workers that are not away have every version of the decision
 */
record RolloutStatus(
        String model,
        int champion,
        @Nullable OnTrial trial,
        Map<String, Integer> aliases,
        long epoch,
        int acknowledged,
        List<OfWorker> workers) {
    RolloutStatus {
        aliases = Map.copyOf(aliases);
        workers = List.copyOf(workers);
    }

    /**
     * What is on trial.
     *
     * @param share of the requests, 0 to 1
     * @param step of {@code steps}, from 1
     * @param seconds since when the share is what it is
     * @param holdSeconds how long it stays so at least
     */
    record OnTrial(
            int challenger,
            String kind,
            double share,
            int step,
            int steps,
            long seconds,
            long holdSeconds,
            boolean paused) {
        static OnTrial of(Trial trial, Instant now) {
            return new OnTrial(
                    trial.getChallenger(),
                    trial.getKind().name().toLowerCase(Locale.ROOT),
                    trial.getShare() / (double) Split.WHOLE,
                    1 + trial.getSteps().indexOf(trial.getShare()),
                    trial.getSteps().size(),
                    Math.max(0, Duration.between(trial.getSteppedAt(), now).toSeconds()),
                    trial.getHoldMs() / 1000,
                    trial.getPaused());
        }
    }

    /**
     * A worker.
     *
     * @param heardSeconds ago
     * @param away whether that is too long
     */
    record OfWorker(String worker, String state, long heardSeconds, boolean away, List<OfVersion> versions) {
        OfWorker {
            versions = List.copyOf(versions);
        }
    }

    /**
     * A version on a worker.
     *
     * @param acknowledges whether it is so for the decision that is in force
     * @param detail why it was refused; empty when it was not
     */
    record OfVersion(int version, String role, String state, boolean acknowledges, String detail) {}

    static RolloutStatus of(Decision decision, List<WorkerSeen> workers, Instant now, Duration alive) {
        Rollout rollout = decision.rollout();
        Trial trial = rollout.getTrial();
        return new RolloutStatus(
                rollout.getModel(),
                rollout.getChampion(),
                trial == null ? null : OnTrial.of(trial, now),
                rollout.getAliases(),
                decision.epoch(),
                (int) workers.stream()
                        .filter(worker -> worker.isAlive(now, alive) && worker.acknowledges(decision))
                        .count(),
                workers.stream()
                        .map(worker -> ofWorker(worker, decision, now, alive))
                        .toList());
    }

    private static OfWorker ofWorker(WorkerSeen worker, Decision decision, Instant now, Duration alive) {
        return new OfWorker(
                worker.status().getWorker(),
                worker.status().getState().name(),
                Math.max(0, Duration.between(worker.heardAt(), now).toSeconds()),
                !worker.isAlive(now, alive),
                worker.of(decision.rollout().getModel()).stream()
                        .map(said -> ofVersion(said, decision.epoch()))
                        .toList());
    }

    private static OfVersion ofVersion(ModelStatus said, long epoch) {
        return new OfVersion(
                said.getVersion(),
                said.getRole().name().toLowerCase(Locale.ROOT),
                said.getState().name().toLowerCase(Locale.ROOT),
                said.getEpoch() >= epoch,
                said.getDetail());
    }
}
