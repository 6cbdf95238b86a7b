package dev.millrace.worker.rollout;

/** What happens to a model's rollout on a worker. */
sealed interface Progress {
    /** The control topic wants these versions. */
    record Decided(Wanted wanted) implements Progress {}

    /**
     * A version is loaded and warm.
     *
     * @param epoch the decision for which it was begun
     */
    record Prepared(int version, long epoch, String sha256) implements Progress {}

    /** A version cannot be had just now, and is tried again. */
    record Waiting(int version, long epoch, String reason) implements Progress {}

    /** A version cannot be had. */
    record Failed(int version, long epoch, String sha256, String reason) implements Progress {}
}
