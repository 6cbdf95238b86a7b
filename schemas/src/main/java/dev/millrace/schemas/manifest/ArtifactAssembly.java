package dev.millrace.schemas.manifest;

import java.io.IOException;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Puts an artifact together from chunk records in any order, duplicates and other artifacts' chunks among them. Holds
 * exactly the bytes that the manifest announces, never more. Single-threaded.
 */
public final class ArtifactAssembly {
    private final String sha256;
    private final byte[] artifact;
    private final BitSet seen = new BitSet();
    private final int count;

    /**
     * Waits for the artifact that a manifest announces.
     *
     * @param sha256 64 hex digits
     * @param bytes its size
     * @param limit the largest size to accept, in bytes
     * @throws IOException when it is larger than {@code limit}
     */
    public ArtifactAssembly(String sha256, long bytes, long limit) throws IOException {
        if (bytes < 1 || bytes > limit) {
            throw new IOException("artifact size: " + bytes + " bytes (expected: 1 to " + limit + ")");
        }
        this.sha256 = sha256;
        this.artifact = new byte[Math.toIntExact(bytes)];
        this.count = ArtifactChunks.count(bytes);
    }

    /** Takes a record of the artifacts topic; ignores what belongs to another artifact. */
    public void offer(@Nullable String key, byte @Nullable [] value) throws IOException {
        if (key == null || value == null || !key.startsWith(sha256 + "/")) {
            return;
        }
        int index = indexOf(key);
        int from = index * ArtifactChunks.CHUNK_BYTES;
        int expected = Math.min(ArtifactChunks.CHUNK_BYTES, artifact.length - from);
        if (value.length != expected) {
            throw new IOException(
                    "artifact chunk " + key + ": " + value.length + " bytes (expected: " + expected + ")");
        }
        System.arraycopy(value, 0, artifact, from, expected);
        seen.set(index);
    }

    private int indexOf(String key) throws IOException {
        try {
            int index = Integer.parseInt(key.substring(sha256.length() + 1));
            if (index >= 0 && index < count) {
                return index;
            }
        } catch (NumberFormatException e) {
            // Falls through to the one message for both.
        }
        throw new IOException("artifact chunk key: " + key + " (expected: an index from 0 to " + (count - 1) + ")");
    }

    /** Whether every chunk has come. */
    public boolean complete() {
        return seen.cardinality() == count;
    }

    /**
     * The artifact, once complete.
     *
     * @throws IOException when chunks are missing or the bytes do not have the announced SHA-256
     */
    public byte[] bytes() throws IOException {
        if (!complete()) {
            throw new IOException(
                    "artifact " + sha256 + ": " + seen.cardinality() + " of " + count + " chunks (expected: all)");
        }
        String actual = ManifestKeys.sha256(artifact);
        if (!actual.equals(sha256)) {
            throw new IOException("artifact sha256: " + actual + " (expected: " + sha256 + ")");
        }
        return artifact;
    }
}
