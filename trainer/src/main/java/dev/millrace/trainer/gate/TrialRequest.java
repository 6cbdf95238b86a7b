package dev.millrace.trainer.gate;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.evaluate.Metrics;
import dev.millrace.trainer.onnx.PixelInput;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the process that runs a model is given: a folder with this as JSON and, beside it, the bytes of the model, the labelled images and
 * the images of the golden vectors. Its answer goes to the same folder.
 *
 * @param golden how many golden images there are, of the shape of the others
 */
record TrialRequest(PixelInput input, Metrics metrics, List<String> classes, ImageShape shape, int golden) {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String REQUEST = "request.json";
    private static final String MODEL = "model.onnx";
    private static final String PIXELS = "pixels";
    private static final String LABELS = "labels";
    private static final String GOLDEN = "golden";
    private static final String ANSWERED = "answered.json";
    private static final String FAILED = "failed.json";

    void write(Path folder, byte[] onnx, LabelledImages images, List<byte[]> goldenImages) throws IOException {
        Files.write(folder.resolve(REQUEST), JSON.writeValueAsBytes(this));
        Files.write(folder.resolve(MODEL), onnx);
        try (OutputStream pixels = new BufferedOutputStream(Files.newOutputStream(folder.resolve(PIXELS)));
                DataOutputStream labels =
                        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(folder.resolve(LABELS))))) {
            for (int i = 0; i < images.size(); i++) {
                labels.writeInt(images.label(i));
                pixels.write(images.image(i));
            }
        }
        try (OutputStream golden = new BufferedOutputStream(Files.newOutputStream(folder.resolve(GOLDEN)))) {
            for (byte[] image : goldenImages) {
                golden.write(image);
            }
        }
    }

    static TrialRequest read(Path folder) throws IOException {
        return JSON.readValue(folder.resolve(REQUEST).toFile(), TrialRequest.class);
    }

    byte[] model(Path folder) throws IOException {
        return Files.readAllBytes(folder.resolve(MODEL));
    }

    LabelledImages images(Path folder) throws IOException {
        IntBuffer labels =
                ByteBuffer.wrap(Files.readAllBytes(folder.resolve(LABELS))).asIntBuffer();
        int[] array = new int[labels.remaining()];
        labels.get(array);
        return LabelledImages.of(shape, Files.readAllBytes(folder.resolve(PIXELS)), array);
    }

    List<byte[]> goldenImages(Path folder) throws IOException {
        byte[] all = Files.readAllBytes(folder.resolve(GOLDEN));
        List<byte[]> images = new ArrayList<>();
        for (int i = 0; i < golden; i++) {
            byte[] image = new byte[shape.bytes()];
            System.arraycopy(all, i * image.length, image, 0, image.length);
            images.add(image);
        }
        return images;
    }

    static void answer(Path folder, Trial.Outcome outcome) throws IOException {
        String name = outcome instanceof Trial.Answered ? ANSWERED : FAILED;
        Files.write(folder.resolve(name), JSON.writeValueAsBytes(outcome));
    }

    /** The answer of a process that ended by itself with exit code 0. */
    static Trial.Outcome outcome(Path folder) throws IOException {
        Path answered = folder.resolve(ANSWERED);
        Path failed = folder.resolve(FAILED);
        if (Files.exists(answered)) {
            return JSON.readValue(answered.toFile(), Trial.Answered.class);
        }
        return Files.exists(failed)
                ? JSON.readValue(failed.toFile(), Trial.Failed.class)
                : new Trial.Failed("ended without an answer");
    }
}
