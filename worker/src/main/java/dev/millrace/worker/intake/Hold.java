package dev.millrace.worker.intake;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A partition that waits because the record at {@code offset} could not be judged, or something of it not be published: tried again
 * after 250 ms, then after twice as long each time, up to 4 s. Lane thread only.
 */
final class Hold {
    private static final long FIRST_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final long LAST_NANOS = TimeUnit.SECONDS.toNanos(4);

    private BooleanSupplier ready;
    private long offset;
    private long waitNanos = FIRST_NANOS;
    private long since;
    private boolean waiting = true;

    /** @param ready whether it is worth another try */
    Hold(BooleanSupplier ready, long offset, long now) {
        this.ready = ready;
        this.offset = offset;
        this.since = now;
    }

    /** Whether what it waits for is there, as far as can be told. */
    boolean ready() {
        return ready.getAsBoolean();
    }

    /** Whether it is time to try again. */
    boolean due(long now) {
        return waiting && now - since >= waitNanos;
    }

    /** Whether nothing is taken from the partition now. */
    boolean waiting() {
        return waiting;
    }

    /** It is being tried. */
    void trying() {
        waiting = false;
    }

    /** Another try failed, or was not worth it. */
    void again(BooleanSupplier nowReady, long failedOffset, long now) {
        ready = nowReady;
        offset = failedOffset;
        waitNanos = Math.min(LAST_NANOS, waitNanos * 2);
        since = now;
        waiting = true;
    }

    /** The same, at the same record. */
    void again(long now) {
        again(ready, offset, now);
    }

    /** Whether the record is settled, now that everything below {@code position} is. */
    boolean over(long position) {
        return position > offset;
    }
}
