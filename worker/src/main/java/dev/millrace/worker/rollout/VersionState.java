package dev.millrace.worker.rollout;

/** How far a worker is with a version. */
sealed interface VersionState {
    /**
     * Being fetched, verified and warmed.
     *
     * @param waitsFor why it takes longer than it should; empty as long as it does not
     */
    record Preparing(String waitsFor) implements VersionState {
        /** It has just begun. */
        static final Preparing BEGUN = new Preparing("");

        boolean isWaiting() {
            return !waitsFor.isEmpty();
        }
    }

    /** Loaded and warm. */
    record Ready(String sha256) implements VersionState {}

    /**
     * Not to be had; tried again only for a newer decision.
     *
     * @param sha256 of its ONNX bytes; empty while not known
     */
    record Refused(String sha256, String reason) implements VersionState {}
}
