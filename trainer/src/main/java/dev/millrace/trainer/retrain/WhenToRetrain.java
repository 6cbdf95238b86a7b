package dev.millrace.trainer.retrain;

import dev.millrace.schemas.RolloutEvent;
import dev.millrace.trainer.drift.Drift;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What sets a run off. Decides, and does nothing. */
public final class WhenToRetrain {
    private WhenToRetrain() {}

    /**
     * Why a run should begin now; empty: it should not.
     *
     * @param story with no open run
     * @param labels kept since the last run began
     * @param drift of the champion's answers; null: not known
     * @param since the moment from which on time counts where there has been no run: when the champion was published
     */
    public static Optional<String> why(
            RetrainSpec.Trigger trigger,
            RunStory story,
            long labels,
            @Nullable Drift drift,
            @Nullable Instant since,
            Instant now) {
        RolloutEvent asked = story.asked();
        if (asked != null) {
            String reason = asked.getReason();
            return Optional.of("asked by " + asked.getDecidedBy() + (reason.isEmpty() ? "" : ": " + reason));
        }
        if (drift != null && drift.drifted() && labels >= trigger.leastLabels()) {
            return Optional.of("drift: %s; %,d new labels".formatted(drift.why(), labels));
        }
        Integer enough = trigger.labels();
        if (enough != null && labels >= enough) {
            return Optional.of("%,d new labels".formatted(labels));
        }
        Instant begun = story.begunAt();
        Instant from = begun == null ? since : begun;
        if (trigger.every() != null && from != null && !now.isBefore(from.plus(trigger.every()))) {
            return Optional.of("last run at " + from);
        }
        return Optional.empty();
    }
}
