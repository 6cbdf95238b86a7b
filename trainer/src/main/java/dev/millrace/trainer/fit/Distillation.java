package dev.millrace.trainer.fit;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.observe.ImageInput;
import dev.millrace.trainer.observe.ServedModel;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * How a run learns from the answers of a model beside the labels: "knowledge distillation" (Hinton, Vinyals and Dean 2015). The model
 * answers as it is served, on the thread that prepares the batches, and is asked about images as the student sees them, but in full size.
 *
 * @param teacher a classifier of the same classes for images of the same shape
 * @param spec of it
 * @param sha256 of its file
 * @param weight share of its answers in the loss, above 0 to 1
 * @param temperature that softens both networks' answers, above 0
 */
public record Distillation(ModelProto teacher, ModelSpec spec, String sha256, double weight, double temperature) {
    /** Share of the teacher's answers in the loss, unless told otherwise. */
    public static final double WEIGHT = 0.9;

    /** Temperature, unless told otherwise. */
    public static final double TEMPERATURE = 2;

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException when one is left
     */
    public Distillation {
        if (!(weight > 0 && weight <= 1)) {
            throw new IllegalArgumentException("teacher weight: %s (expected: above 0 to 1)".formatted(weight));
        }
        if (!(temperature > 0 && Double.isFinite(temperature))) {
            throw new IllegalArgumentException("temperature: %s (expected: above 0)".formatted(temperature));
        }
    }

    /**
     * By a model.
     *
     * @param onnx its file
     * @throws IOException when it is no classifier of images that Millrace can serve
     */
    public static Distillation by(byte[] onnx, double weight, double temperature) throws IOException {
        try {
            return new Distillation(
                    OnnxFile.parse(onnx, "teacher"),
                    ModelSpec.describe(onnx),
                    ManifestKeys.sha256(onnx),
                    weight,
                    temperature);
        } catch (ModelRefusedException e) {
            throw new IOException("teacher: " + e.getMessage(), e);
        }
    }

    /**
     * Makes sure that the teacher can answer what the student is asked.
     *
     * @param images that the student learns from
     * @param classes of the student, by index
     * @throws IOException when it cannot
     */
    void requireFit(ImageShape images, List<String> classes) throws IOException {
        if (!input().shape().equals(images)) {
            throw new IOException("teacher: for images of %s (expected: %s)".formatted(input().shape(), images));
        }
        List<String> labels = spec.labels();
        if (labels.size() != classes.size()) {
            throw new IOException("teacher: for %d classes (expected: %d, as the data set has)"
                    .formatted(labels.size(), classes.size()));
        }
        for (int i = 0; i < labels.size(); i++) {
            if (!labels.get(i).equals(classes.get(i))) {
                throw new IOException("teacher: its class %d is %s (expected: %s, as in the data set)"
                        .formatted(i, labels.get(i), classes.get(i)));
            }
        }
    }

    private ImageInput input() {
        return ImageInput.of(teacher, OnnxFile.metadata(teacher));
    }

    Teacher start() {
        ImageInput input = input();
        return new Teacher(new ServedModel(teacher, input), spec, input.shape(), weight, temperature);
    }

    /** The same text for the same teacher and settings. */
    String identity() {
        return "teacher=%s weight=%s temperature=%s".formatted(sha256.substring(0, 16), weight, temperature);
    }

    Map<String, String> lineage() {
        Map<String, String> theirs = OnnxFile.metadata(teacher);
        return Map.of(
                "teacher.name", theirs.getOrDefault(ModelMetadata.NAME, ""),
                "teacher.architecture", theirs.getOrDefault("architecture", ""),
                "teacher.top1.validation", theirs.getOrDefault(ModelMetadata.METRICS + "top1.validation", ""),
                "teacher.sha256", sha256,
                "teacher.weight", String.valueOf(weight),
                "teacher.temperature", String.valueOf(temperature));
    }
}
