package dev.millrace.worker.artifact;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that every worker sees, such as a mounted volume. */
final class FileArtifacts implements ArtifactSource {
    private final URI place;

    FileArtifacts(URI place) {
        this.place = place;
    }

    @Override
    public byte[] read(Wanted wanted) throws IOException {
        Path file = Path.of(place);
        // Not what has no end, such as a pipe or a device.
        if (!Files.isRegularFile(file)) {
            throw new IOException("artifact: " + place + " (expected: a file that is there)");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] found = in.readNBytes(wanted.bytes());
            if (in.read() >= 0) {
                throw new IOException(
                        "artifact " + place + ": " + Files.size(file) + " bytes (expected: " + wanted.bytes() + ")");
            }
            return wanted.require(found);
        }
    }

    @Override
    public boolean worthCaching() {
        return false;
    }
}
