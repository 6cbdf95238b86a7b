package dev.millrace.worker.lane;

/** How long a lane waits after failed turns: twice as long after each, from 100 ms to 5 s. Lane thread only. */
final class BackOff {
    private static final long FIRST_MS = 100;
    private static final long LAST_MS = 5_000;

    private long nextMs = FIRST_MS;

    /** The wait after one more failure. */
    long afterFailure() {
        long wait = nextMs;
        nextMs = Math.min(LAST_MS, nextMs * 2);
        return wait;
    }

    /** A turn has passed. */
    void reset() {
        nextMs = FIRST_MS;
    }
}
