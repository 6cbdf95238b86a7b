package dev.millrace.trainer.rollout;

import java.io.Serial;

/** A decision that cannot be made as things stand; its message says what could. */
public final class RolloutRefusedException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    /** Says what could be done instead. */
    public RolloutRefusedException(String message) {
        super(message);
    }
}
