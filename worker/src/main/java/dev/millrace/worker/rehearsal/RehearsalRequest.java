package dev.millrace.worker.rehearsal;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.worker.model.ModelSpec;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the process is given, and what it gives back: a folder with this as JSON and, beside it, the bytes of the model
 * and of the images. Its answer goes to the same folder.
 *
 * @param images how many there are, of the model's size
 * @param answers whether its outputs are wanted: those of some models are millions of numbers
 */
record RehearsalRequest(ModelSpec spec, int images, boolean answers) {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String REQUEST = "request.json";
    private static final String MODEL = "model.onnx";
    private static final String IMAGES = "images";
    private static final String ANSWER = "answer.json";

    /** Either is null. */
    record Answer(
            @Nullable Performance performance, @Nullable String failure) {}

    void write(Path folder, byte[] onnx, List<ByteBuffer> pixels) throws IOException {
        Files.write(folder.resolve(REQUEST), JSON.writeValueAsBytes(this));
        Files.write(folder.resolve(MODEL), onnx);
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(folder.resolve(IMAGES)));
                WritableByteChannel channel = Channels.newChannel(out)) {
            for (ByteBuffer image : pixels) {
                channel.write(image.duplicate());
            }
        }
    }

    static RehearsalRequest read(Path folder) throws IOException {
        return JSON.readValue(folder.resolve(REQUEST).toFile(), RehearsalRequest.class);
    }

    byte[] model(Path folder) throws IOException {
        return Files.readAllBytes(folder.resolve(MODEL));
    }

    List<byte[]> images(Path folder) throws IOException {
        byte[] all = Files.readAllBytes(folder.resolve(IMAGES));
        int size = spec.pixels().bytes();
        List<byte[]> each = new ArrayList<>();
        for (int i = 0; i < images; i++) {
            each.add(Arrays.copyOfRange(all, i * size, (i + 1) * size));
        }
        return each;
    }

    static void answer(Path folder, Answer answer) throws IOException {
        Files.write(folder.resolve(ANSWER), JSON.writeValueAsBytes(answer));
    }

    /** The answer of a process that ended by itself with exit code 0. */
    static Answer answered(Path folder) throws IOException {
        Path file = folder.resolve(ANSWER);
        if (!Files.exists(file)) {
            return new Answer(null, "ended without an answer");
        }
        try {
            return JSON.readValue(file.toFile(), Answer.class);
        } catch (JacksonException e) {
            return new Answer(null, "ended with half an answer");
        }
    }
}
