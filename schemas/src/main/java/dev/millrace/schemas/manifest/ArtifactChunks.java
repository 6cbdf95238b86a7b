package dev.millrace.schemas.manifest;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** An ONNX file cut into records of the artifacts topic, keyed {@code <sha256>/<index>}. */
public final class ArtifactChunks {
    /** Value size in bytes, well under Kafka's default record limit of 1 MiB. */
    public static final int CHUNK_BYTES = 512 * 1024;

    private ArtifactChunks() {}

    /** One record of the artifacts topic. */
    @SuppressWarnings("ArrayRecordComponent") // Handed to Kafka as it is; never compared.
    public record Chunk(String key, byte[] value) {}

    /** The chunks of {@code artifact}, in order; at least one. */
    public static List<Chunk> split(byte[] artifact) {
        String sha256 = ManifestKeys.sha256(artifact);
        List<Chunk> chunks = new ArrayList<>();
        for (int index = 0; index < count(artifact.length); index++) {
            int from = index * CHUNK_BYTES;
            int to = Math.min(artifact.length, from + CHUNK_BYTES);
            chunks.add(new Chunk(key(sha256, index), Arrays.copyOfRange(artifact, from, to)));
        }
        return chunks;
    }

    /** How many chunks an artifact of {@code bytes} has. */
    public static int count(long bytes) {
        return (int) Math.max(1, (bytes + CHUNK_BYTES - 1) / CHUNK_BYTES);
    }

    /** The record key of one chunk. */
    public static String key(String sha256, int index) {
        return sha256 + "/" + index;
    }
}
