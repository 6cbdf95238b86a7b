package dev.millrace.trainer.service;

import dev.millrace.schemas.RolloutEvent;
import dev.millrace.trainer.judge.Judgement;
import java.util.List;

/** Who wants to know what the judge does. Called on its thread. */
public interface JudgeView {
    /** Whether this process is the one that acts. */
    void leading(boolean leads);

    /**
     * It looked at a trial.
     *
     * @param story what was decided about the model last, in order
     */
    void looked(Judgement judgement, List<RolloutEvent> story);

    /**
     * It decided.
     *
     * @param event as it is on record now
     * @param story what was decided about the model before, as far back as is known, and that
     */
    void decided(Judgement judgement, RolloutEvent event, List<RolloutEvent> story);

    /** A decision came too late: somebody else had decided. */
    void refused(Judgement judgement, String message);

    /** Kafka could not be read or written; it is tried again. */
    void trouble(String message);
}
