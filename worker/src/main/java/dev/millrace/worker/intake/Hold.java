package dev.millrace.worker.intake;

import java.util.concurrent.TimeUnit;

/**
 * A partition that waits because something of the record at {@code offset} could not be published: tried again after 250 ms,
 * then after twice as long each time, up to 4 s. Lane thread only.
 */
final class Hold {
    private static final long FIRST_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final long LAST_NANOS = TimeUnit.SECONDS.toNanos(4);

    private String destination;
    private long offset;
    private long waitNanos = FIRST_NANOS;
    private long since;
    private boolean waiting = true;

    Hold(String destination, long offset, long now) {
        this.destination = destination;
        this.offset = offset;
        this.since = now;
    }

    /** The topic that could not be published to. */
    String destination() {
        return destination;
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
    void again(String failedDestination, long failedOffset, long now) {
        destination = failedDestination;
        offset = failedOffset;
        waitNanos = Math.min(LAST_NANOS, waitNanos * 2);
        since = now;
        waiting = true;
    }

    /** The same, at the same record. */
    void again(long now) {
        again(destination, offset, now);
    }

    /** Whether the record is settled, now that everything below {@code position} is. */
    boolean over(long position) {
        return position > offset;
    }
}
