package dev.millrace.trainer.fit;

import java.util.List;

/** Watches a run. Called on the training thread, between steps: should return quickly. */
public interface TrainingListener {
    /**
     * Before the first step.
     *
     * @param steps of the whole run
     * @param done how many of them earlier calls have already taken
     * @param history of the epochs that earlier calls have finished
     */
    void started(long steps, long done, List<EpochReport> history);

    /** After a step of the given epoch (from 1), with the mean loss of the epoch so far. */
    void stepped(int epoch, double loss);

    /** After the epoch is safe on disk. */
    void finished(EpochReport report);
}
