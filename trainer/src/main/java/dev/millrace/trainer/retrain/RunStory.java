package dev.millrace.trainer.retrain;

import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.RolloutEvent;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the control topic tells of a model's runs. Whoever leads reads it and goes on from there: the record decides, not a process.
 *
 * @param asked the last time that somebody asked for a run and none has begun since; null: nobody waits
 * @param open the run that has begun and not ended; null: none
 * @param last the run that ended last, with how; null: none has
 * @param begun the last one that has begun, whether it has ended or not; null: none has
 * @param untried what a run has published and nobody has decided about since; 0: nothing
 */
public record RunStory(
        @Nullable RolloutEvent asked,
        @Nullable RolloutEvent open,
        @Nullable RolloutEvent last,
        @Nullable RolloutEvent begun,
        int untried) {
    /** Before anything was decided. */
    public static final RunStory NOTHING = new RunStory(null, null, null, null, 0);

    /** Of the decisions about one model, in order. */
    public static RunStory of(List<RolloutEvent> story) {
        RunStory now = NOTHING;
        for (RolloutEvent event : story) {
            now = now.after(event);
        }
        return now;
    }

    /** What it is when this has been decided, too. */
    public RunStory after(RolloutEvent event) {
        return switch (event.getAction()) {
            case RETRAIN_ASKED -> new RunStory(event, open, last, begun, untried);
            case RETRAINING -> new RunStory(null, event, last, event, untried);
            case PUBLISHED, RETRAIN_FAILED -> event.getRun().isEmpty() ? this : ended(event);
            case SHADOWED, CANARY_BEGUN, PROMOTED, RETIRED ->
                event.getVersion() == untried ? new RunStory(asked, open, last, begun, 0) : this;
            default -> this; // Not about runs.
        };
    }

    private RunStory ended(RolloutEvent event) {
        return new RunStory(
                asked,
                isOpen(event.getRun()) ? null : open,
                event,
                begun,
                event.getAction() == RolloutAction.PUBLISHED ? event.getVersion() : untried);
    }

    /** Whether a run of that id is the one to work on. */
    public boolean isOpen(String run) {
        return open != null && open.getRun().equals(run);
    }

    /** Whether a run of that id has begun last, ended or not. */
    public boolean hasBegun(String run) {
        return begun != null && begun.getRun().equals(run);
    }

    /** When the last one began; null: none has. */
    @Nullable
    Instant begunAt() {
        return begun == null ? null : begun.getDecidedAt();
    }

    /** How the run before ended, for people; empty: none has. */
    public String outcome() {
        if (last == null) {
            return "";
        }
        return last.getAction() == RolloutAction.PUBLISHED
                ? "published as version " + last.getVersion()
                : "failed: " + last.getReason();
    }
}
