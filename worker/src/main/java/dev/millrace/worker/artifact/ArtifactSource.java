package dev.millrace.worker.artifact;

import java.io.IOException;

/** One kind of place that artifacts are in. */
sealed interface ArtifactSource permits KafkaArtifacts, FileArtifacts, HttpArtifacts {
    /**
     * Reads the bytes that are wanted, and never more than those.
     *
     * @throws RetriableFetchException when they cannot be had just now
     * @throws IOException when they are not there, or others are
     */
    byte[] read(Wanted wanted) throws IOException;

    /** Whether a copy on this machine's disk spares anything. */
    boolean worthCaching();
}
