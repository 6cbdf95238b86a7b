package dev.millrace.worker.intake;

/**
 * Which records of one partition are suspected of ending the worker that takes them, by the mark found beside the
 * committed offset. Pure; lane thread only.
 *
 * <p>Records that were in flight when a lane ended without giving the partition up are tried one at a time, each try
 * committed before the record is touched. A record that was alone in flight at too many such ends is given up.
 */
final class Suspicion {
    private final long aloneUntil;
    private final long triedOffset;
    private final int tries;

    private Suspicion(long aloneUntil, long triedOffset, int tries) {
        this.aloneUntil = aloneUntil;
        this.triedOffset = triedOffset;
        this.tries = tries;
    }

    /** What {@code mark}, found at the committed {@code offset}, makes of the partition. */
    static Suspicion of(CommitMark mark, long offset) {
        if (mark instanceof CommitMark.Running running) {
            return new Suspicion(running.until(), offset, 0);
        }
        if (mark instanceof CommitMark.Alone alone) {
            return new Suspicion(alone.until(), offset, alone.attempt());
        }
        return new Suspicion(0, offset, 0);
    }

    /** Whether the record at {@code offset} must be tried alone. */
    boolean covers(long offset) {
        return offset < aloneUntil;
    }

    /** How many times the record at {@code offset} was alone in flight when its lane ended. */
    int crashes(long offset) {
        return offset == triedOffset ? tries : 0;
    }

    /** The mark to commit before the record at {@code offset} is tried alone. */
    CommitMark trying(long offset) {
        return new CommitMark.Alone(crashes(offset) + 1, aloneUntil);
    }

    /** The mark to commit with {@code position} while the lane works on records below {@code taken}, and {@code slack} more. */
    CommitMark working(long position, long taken, int slack) {
        if (covers(position)) {
            return new CommitMark.Alone(crashes(position), aloneUntil);
        }
        return new CommitMark.Running(Math.max(position, taken) + slack);
    }

    /** The mark to commit with {@code position} when the partition is given up in order. */
    CommitMark givenUp(long position) {
        return covers(position) ? new CommitMark.Alone(crashes(position), aloneUntil) : CommitMark.CLEAN;
    }
}
