package dev.millrace.bench.peers;

import dev.millrace.schemas.ImageRequest;
import java.io.IOException;
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
        Path file = folder.resolve("pixels.onnx");
        if (Files.notExists(file)) {
            Files.write(file, onnx);
        }
        return file;
    }

    /** The model without what makes floats of pixels: it takes those floats. */
    Path modelTakingFloats() throws IOException {
        Path file = folder.resolve("floats.onnx");
        if (Files.notExists(file)) {
            Files.write(file, Float32.takingFloats(onnx));
        }
        return file;
    }

    /** Avro's schema of requests. */
    Path schema() throws IOException {
        Path file = folder.resolve("ImageRequest.avsc");
        if (Files.notExists(file)) {
            Files.writeString(file, ImageRequest.SCHEMA$.toString());
        }
        return file;
    }

    /** Where a program may keep something, and its output goes. */
    Path resolve(String name) {
        return folder.resolve(name);
    }
}
