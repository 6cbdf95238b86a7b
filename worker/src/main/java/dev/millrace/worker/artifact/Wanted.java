package dev.millrace.worker.artifact;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.manifest.ManifestKeys;
import java.io.IOException;
import java.util.regex.Pattern;

/**
 * The bytes that a manifest announces.
 *
 * @param place where they are, as the manifest says
 * @param sha256 64 lower-case hex digits, so that it may name a file
 * @param bytes how many, from 1 to the limit
 */
record Wanted(String place, String sha256, int bytes) {
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    static Wanted of(ModelManifest manifest, long limitBytes) throws IOException {
        String sha256 = manifest.getSha256();
        if (!SHA256.matcher(sha256).matches()) {
            throw new IOException("artifact sha256: " + sha256 + " (expected: 64 lower-case hex digits)");
        }
        long most = Math.min(limitBytes, Integer.MAX_VALUE - 8);
        if (manifest.getBytes() < 1 || manifest.getBytes() > most) {
            throw new IOException("artifact size: " + manifest.getBytes() + " bytes (expected: 1 to " + most + ")");
        }
        return new Wanted(manifest.getArtifact(), sha256, (int) manifest.getBytes());
    }

    boolean isMetBy(byte[] found) {
        return found.length == bytes && ManifestKeys.sha256(found).equals(sha256);
    }

    /** @throws IOException when {@code found} are not the bytes */
    byte[] require(byte[] found) throws IOException {
        if (found.length != bytes) {
            throw new IOException("artifact " + place + ": " + found.length + " bytes (expected: " + bytes + ")");
        }
        String actual = ManifestKeys.sha256(found);
        if (!actual.equals(sha256)) {
            throw new IOException("artifact " + place + ": sha256 " + actual + " (expected: " + sha256 + ")");
        }
        return found;
    }
}
