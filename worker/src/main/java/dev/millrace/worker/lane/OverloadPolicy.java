package dev.millrace.worker.lane;

/**
 * What a lane does when more comes than it can answer.
 *
 * @param sheds whether it answers the oldest requests without inference, so that the rest is answered sooner; otherwise
 *     all wait
 * @param backlog requests behind one in its partition, above which it is shed
 */
public record OverloadPolicy(boolean sheds, int backlog) {
    /** Everything waits. */
    public static final OverloadPolicy WAIT = new OverloadPolicy(false, Integer.MAX_VALUE);

    boolean shed(long behind) {
        return sheds && behind > backlog;
    }
}
