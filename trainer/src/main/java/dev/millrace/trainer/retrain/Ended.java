package dev.millrace.trainer.retrain;

import dev.millrace.trainer.files.Reason;
import java.io.IOException;

/**
 * How a run's process ended.
 *
 * @param reason for people; empty where it passed or was stopped
 */
public record Ended(How how, String reason) {
    /** Failed, and its folder does not say so. */
    static Ended failed(String reason, IOException unrecorded) {
        return new Ended(How.FAILED, reason + " (nor can the run's record be written: " + Reason.of(unrecorded) + ")");
    }

    /** What came of it. */
    public enum How {
        /** There is a candidate that passed the gate. */
        PASSED,
        /** The run is over: the numbers differ, or the gate says no. */
        REFUSED,
        /** The run is over: something that it needs is not there, or it took more than it may. */
        FAILED,
        /** It was told to, and goes on when it is started again. */
        STOPPED,
        /** It ended without a word, and goes on when it is started again. */
        CRASHED
    }
}
