package dev.millrace.trainer.service;

import dev.millrace.trainer.drift.Drift;
import dev.millrace.trainer.retrain.Progress;

/** Who is told what a retrainer does. Called by its thread, but {@link #progressed}, which a run's own thread calls. */
public interface RetrainView {
    /** Whether this process is the one that acts. */
    void leading(boolean leads);

    /** The champion's answers are further from their reference than the limits, or are not any more. */
    void drifted(Drift drift);

    /** A run goes on, from its beginning or from where it was. */
    void running(String run, String why);

    /** What its process says. */
    void progressed(Progress progress);

    /** A run has ended. */
    void ended(String run, String outcome);

    /** What was made of a version that a run has published, such as that it is tried. */
    void rolledOut(String outcome);

    /** Something does not do as it should; it is tried again. */
    void trouble(String message);
}
