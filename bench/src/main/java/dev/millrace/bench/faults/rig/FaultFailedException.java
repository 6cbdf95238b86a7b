package dev.millrace.bench.faults.rig;

import java.io.Serial;

/** The system did not do under a fault what the fault's own promise says; the run goes on to its healing. */
public final class FaultFailedException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** @param message what was seen, and what was expected */
    public FaultFailedException(String message) {
        super(message);
    }
}
