package dev.millrace.bench.peers;

import dev.millrace.schemas.ImageRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the programs of one comparison read, each file written for the first that asks. One thread. */
final class PeerFiles {
    private final Path folder;
    private final byte[] onnx;

    /**
     * In a folder.
     *
     * @param onnx uint8 pixels in
     */
    PeerFiles(Path folder, byte[] onnx) {
        this.folder = folder;
        this.onnx = onnx.clone();
    }

    /** The model as it is. */
    Path model() throws IOException {
        return written("pixels.onnx", onnx);
    }

    /** The model without what makes floats of pixels: it takes those floats. */
    Path modelTakingFloats() throws IOException {
        return written("floats.onnx", Float32.takingFloats(onnx));
    }

    /** Avro's schema of requests. */
    Path schema() throws IOException {
        return written("ImageRequest.avsc", ImageRequest.SCHEMA$.toString().getBytes(StandardCharsets.UTF_8));
    }

    private Path written(String name, byte[] content) throws IOException {
        Path file = folder.resolve(name);
        if (Files.notExists(file)) {
            Files.write(file, content);
        }
        return file;
    }

    /** Where a program may keep something, and its output goes. */
    Path resolve(String name) {
        return folder.resolve(name);
    }
}
