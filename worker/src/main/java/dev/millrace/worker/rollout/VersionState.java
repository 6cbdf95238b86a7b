package dev.millrace.worker.rollout;

/** How far a worker is with a version. */
sealed interface VersionState {
    /**
     * Being fetched, verified and warmed.
     *
     * @param epoch the decision for which that was begun
     */
    record Preparing(long epoch) implements VersionState {}

    /** Loaded and warm. */
    record Ready(String sha256) implements VersionState {}

    /**
     * Not to be had; tried again only for a newer decision.
     *
     * @param sha256 of its ONNX bytes; empty while not known
     */
    record Refused(long epoch, String sha256, String reason) implements VersionState {}
}
