package dev.millrace.trainer.judge;

import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.Trial;
import dev.millrace.schemas.TrialKind;
import dev.millrace.schemas.registry.RegistryState.Decision;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A trial as it is on record.
 *
 * @param share of 10,000 requests
 * @param steps the shares that it goes through, ascending
 * @param epoch of the decision that says so
 */
public record OpenTrial(
        String model,
        int champion,
        int challenger,
        TrialKind kind,
        int share,
        List<Integer> steps,
        Duration hold,
        Instant steppedAt,
        boolean paused,
        long epoch) {
    /** Copies the list. */
    public OpenTrial {
        steps = List.copyOf(steps);
    }

    /** The trial of a decision; null where there is none. */
    public static @Nullable OpenTrial of(Decision decision) {
        Rollout rollout = decision.rollout();
        Trial trial = rollout.getTrial();
        return trial == null
                ? null
                : new OpenTrial(
                        rollout.getModel(),
                        rollout.getChampion(),
                        trial.getChallenger(),
                        trial.getKind(),
                        trial.getShare(),
                        trial.getSteps(),
                        Duration.ofMillis(trial.getHoldMs()),
                        trial.getSteppedAt(),
                        trial.getPaused(),
                        decision.epoch());
    }

    /** What evidence belongs to: as long as this is the same, so is the window. */
    public record Step(String model, int champion, int challenger, TrialKind kind, Instant since) {}

    /** The step that it is in. */
    public Step step() {
        return new Step(model, champion, challenger, kind, steppedAt);
    }

    boolean isShadow() {
        return kind == TrialKind.SHADOW;
    }

    boolean isLastStep() {
        return steps.stream().noneMatch(step -> step > share);
    }

    /** How many times it has to pass. */
    int passes() {
        return Math.max(1, steps.size());
    }
}
