package dev.millrace.worker.serving;

import dev.millrace.schemas.Trial;
import dev.millrace.schemas.TrialKind;
import org.jspecify.annotations.Nullable;

/**
 * Who answers for a model: a decision of the control topic, as far as this worker has what it takes.
 *
 * @param champion the version that answers; loaded
 * @param trial the challenger, which is loaded, and what it gets; null: nothing
 * @param epoch the decision: its offset on the control topic
 */
public record ServingPlan(
        String model, int champion, @Nullable Trial trial, long epoch) {
    /** The trial if it is of that kind. */
    public @Nullable Trial trial(TrialKind kind) {
        return trial != null && trial.getKind() == kind ? trial : null;
    }
}
