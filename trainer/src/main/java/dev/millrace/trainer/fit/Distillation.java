package dev.millrace.trainer.fit;

import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.torch.Compute;
import dev.millrace.trainer.torch.Teacher;
import dev.millrace.trainer.weights.TensorFile;
import dev.millrace.trainer.weights.TrainedNet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * How a run learns from a larger network beside the labels; see {@link Teacher}.
 *
 * @param teacher trained on the same classes and images of the same shape
 * @param sha256 of its file
 * @param weight share of its answers in the loss, above 0 to 1
 * @param temperature that softens both networks' answers, above 0
 */
public record Distillation(TrainedNet teacher, String sha256, double weight, double temperature) {
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
     * Reads the teacher.
     *
     * @throws IOException also when the file is none that `train` wrote
     */
    public static Distillation from(Path file, double weight, double temperature) throws IOException {
        return new Distillation(TrainedNet.load(file), TensorFile.sha256(file), weight, temperature);
    }

    /**
     * Makes sure that the teacher can answer what the student is asked.
     *
     * @param labels of the student's classes, by index
     * @throws IOException when it cannot
     */
    void requireFit(Network student, List<String> labels) throws IOException {
        Network network = teacher.network();
        if (!network.input().equals(student.input())) {
            throw new IOException(
                    "teacher: for images of %s (expected: %s)".formatted(network.input(), student.input()));
        }
        if (!teacher.labels().equals(labels)) {
            throw new IOException(
                    "teacher: for %d classes, the first %s (expected: the same %d as the data set's, the first %s)"
                            .formatted(network.classes(), teacher.labels().get(0), labels.size(), labels.get(0)));
        }
    }

    Teacher start(Compute compute) {
        return new Teacher(teacher, weight, temperature, compute);
    }

    /** The same text for the same teacher and settings. */
    String identity() {
        return "teacher=%s weight=%s temperature=%s".formatted(sha256.substring(0, 16), weight, temperature);
    }

    Map<String, String> lineage() {
        return Map.of(
                "teacher.architecture", teacher.network().architecture(),
                "teacher.top1.validation", teacher.lineage().getOrDefault("metrics.top1.validation", ""),
                "teacher.sha256", sha256,
                "teacher.weight", String.valueOf(weight),
                "teacher.temperature", String.valueOf(temperature));
    }
}
