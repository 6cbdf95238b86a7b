package dev.millrace.trainer.gate;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.trainer.files.WholeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * Images and the logits that a model gave for them where it was known to be right. On a CPU or a runtime that computes something else,
 * such as int8 sums that overflow, the same model gives others.
 *
 * @param model name that the file gave itself
 * @param sha256 of the ONNX bytes that gave the logits, 64 lower-case hex digits
 * @param height of the images
 * @param width of the images
 * @param channels 1 or 3
 */
public record GoldenVectors(
        String model, String sha256, int height, int width, int channels, List<GoldenVector> vectors) {
    private static final JsonMapper JSON = new JsonMapper();

    public GoldenVectors {
        vectors = List.copyOf(vectors);
        if (vectors.isEmpty()) {
            throw new IllegalArgumentException("vectors: none (expected: at least 1)");
        }
        for (GoldenVector vector : vectors) {
            if (vector.pixels().size() != (long) height * width * channels) {
                throw new IllegalArgumentException("pixels: %d bytes (expected: %dx%dx%d)"
                        .formatted(vector.pixels().size(), height, width, channels));
            }
        }
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws IOException when the file is missing or malformed
     */
    public static GoldenVectors read(Path file) throws IOException {
        try {
            return JSON.readValue(Files.readString(file), GoldenVectors.class);
        } catch (NoSuchFileException e) {
            throw new IOException(file + ": no such file (expected: golden vectors)", e);
        } catch (JacksonException | NullPointerException e) {
            throw new IOException(
                    file + ": not readable (expected: golden vectors, as gate --record-golden writes them)", e);
        }
    }

    /** Replaces the file in one step. */
    public void write(Path file) throws IOException {
        WholeFile.write(file, JSON.writeValueAsBytes(this));
    }

    /** Largest difference between these logits and those of another run, in the same order; infinite where their number differs. */
    double largestDifference(List<List<Float>> logits) {
        if (logits.size() != vectors.size()) {
            return Double.POSITIVE_INFINITY;
        }
        double largest = 0;
        for (int v = 0; v < logits.size(); v++) {
            List<Float> expected = vectors.get(v).logits();
            List<Float> actual = logits.get(v);
            if (expected.size() != actual.size()) {
                return Double.POSITIVE_INFINITY;
            }
            for (int i = 0; i < expected.size(); i++) {
                largest = Math.max(largest, Math.abs((double) expected.get(i) - actual.get(i)));
            }
        }
        return largest;
    }
}
