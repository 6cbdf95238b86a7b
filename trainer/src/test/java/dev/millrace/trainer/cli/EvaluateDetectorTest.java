package dev.millrace.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.trainer.TinyDetector;
import dev.millrace.trainer.TurnedPicture;
import java.awt.image.BufferedImage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvaluateDetectorTest {
    private static final String ANNOTATIONS = """
            {"categories": [{"id": 1, "name": "Thing-0"}, {"id": 2, "name": "thing 1"}, {"id": 3, "name": "stranger"}],
             "images": [{"id": 1, "file_name": "found.png", "width": 16, "height": 16},
                        {"id": 2, "file_name": "dim.png", "width": 16, "height": 16},
                        {"id": 3, "file_name": "nothing.png", "width": 16, "height": 16}],
             "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 6, 6]},
                             {"image_id": 2, "category_id": 2, "bbox": [9, 1, 6, 6]},
                             {"image_id": 2, "category_id": 2, "bbox": [9, 9, 6, 6]},
                             {"image_id": 3, "category_id": 3, "bbox": [1, 9, 6, 6]}]}
            """;

    @TempDir
    private Path folder = Path.of("");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private String model = "";
    private String dataset = "";

    /** One object found, one of two found surely and one below the threshold, and a false alarm. */
    @BeforeEach
    void writeModelAndPictures() throws Exception {
        Path onnx = folder.resolve("detector.onnx");
        Files.write(onnx, TinyDetector.onnx());
        Files.writeString(folder.resolve("annotations.json"), ANNOTATIONS);
        TinyDetector.picture(folder.resolve("images/found.png"), 255, 0, 0, 0);
        TinyDetector.picture(folder.resolve("images/dim.png"), 0, 128, 0, 77);
        TinyDetector.picture(folder.resolve("images/nothing.png"), 0, 0, 255, 0);
        model = onnx.toString();
        dataset = "coco:" + folder;
    }

    @Test
    void precisionAndRecallAreAtTheModelsThresholdAndAveragePrecisionBelowIt() throws Exception {
        Path metrics = Files.writeString(folder.resolve("metrics.yaml"), "beta: 2\nweights:\n  thing 0: 3\n");

        assertThat(run("evaluate", model, "--dataset", dataset, "--metrics", metrics.toString(), "--json"))
                .as(err.toString())
                .isZero();

        JsonNode answer = new ObjectMapper().readTree(out.toString());
        assertThat(out.toString().strip().lines()).hasSize(1);
        assertThat(answer.path("pictures").asInt()).isEqualTo(3);
        assertThat(answer.path("objects").asInt()).isEqualTo(3);
        assertThat(answer.path("threshold").asDouble()).isEqualTo(0.5);
        assertThat(answer.path("coco").path("ap50").asDouble()).isEqualTo(1, within(1e-9));
        assertThat(answer.path("coco").path("ap_small").asDouble()).isEqualTo(1, within(1e-9));
        assertThat(answer.path("coco").path("ap_large").isNull()).isTrue();
        assertThat(answer.path("miss_rate").asDouble()).isEqualTo(1 / 3.0, within(1e-9));
        assertThat(answer.path("false_alarms_per_picture").asDouble()).isEqualTo(1 / 3.0, within(1e-9));
        assertThat(answer.path("pictures_per_second").asDouble()).isPositive();
        JsonNode small = answer.path("sizes").path(1);
        assertThat(small.path("size").asText()).isEqualTo("small");
        assertThat(small.path("precision").asDouble()).isEqualTo(2 / 3.0, within(1e-9));
        assertThat(small.path("recall").asDouble()).isEqualTo(2 / 3.0, within(1e-9));
        JsonNode first = answer.path("classes").path(0);
        assertThat(first.path("label").asText()).isEqualTo("thing 0");
        assertThat(first.path("precision").asDouble()).isEqualTo(0.5);
        assertThat(first.path("recall").asDouble()).isEqualTo(1);
        assertThat(first.path("fbeta").asDouble()).isEqualTo(5 / 6.0, within(1e-9));
        assertThat(answer.path("fbeta").path("macro").asDouble()).isEqualTo((5 / 6.0 + 5 / 9.0) / 2, within(1e-9));
        assertThat(answer.path("fbeta").path("weighted").asDouble())
                .isEqualTo((3 * 5 / 6.0 + 5 / 9.0) / 4, within(1e-9));
        assertThat(answer.path("left_out").toString()).isEqualTo("[\"stranger\"]");
        assertThat(answer.has("compare")).isFalse();
    }

    @Test
    void aTableOf80ColumnsSaysTheSame() {
        assertThat(run("evaluate", model, "--compare", model, "--dataset", dataset))
                .as(err.toString())
                .isZero();

        assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
        assertThat(out.toString())
                .containsPattern("mAP@0.5 % +100.00 +100.00")
                .containsPattern("miss rate % +33.33 +33.33")
                .containsPattern("false alarms per picture +0.333 +0.333")
                .containsPattern("large +0 +- +-")
                .containsPattern("thing 1 +2 +100.00 +50.00 +66.67 +100.00 +100.00")
                .contains("classes left out, as the model lacks them: 1", "  stranger");
    }

    @Test
    void aPropertyReplacesTheModelsThreshold() throws Exception {
        assertThat(run("evaluate", model, "--dataset", dataset, "--property", "head.threshold=0.25", "--json"))
                .isZero();

        JsonNode answer = new ObjectMapper().readTree(out.toString());
        assertThat(answer.path("threshold").asDouble()).isEqualTo(0.25);
        assertThat(answer.path("miss_rate").asDouble()).isZero();
    }

    @Test
    void aPictureOfAnotherSizeThanItsAnnotationsIsRefused() throws Exception {
        Files.writeString(
                folder.resolve("annotations.json"),
                ANNOTATIONS.replace("\"dim.png\", \"width\": 16", "\"dim.png\", \"width\": 24"));

        assertThat(run("evaluate", model, "--dataset", dataset)).isEqualTo(1);
        assertThat(err.toString()).contains("dim.png: 16x16 (expected: 24x16, as the annotations say)");
    }

    @ParameterizedTest
    @CsvSource({"as it is stored, 24, 16, '1.5, 1, 9, 6'", "as it is shown, 16, 24, '9, 1.5, 6, 9'"})
    void aPictureThatExifTurnsIsAnnotatedAsItIsStoredOrAsItIsShown(String how, int width, int height, String box)
            throws Exception {
        // Turned right by a quarter: its bright corner, top left, is then at the top right.
        BufferedImage stored = new BufferedImage(24, 16, BufferedImage.TYPE_BYTE_GRAY);
        for (int pixel = 0; pixel < 12 * 8; pixel++) {
            stored.getRaster().setSample(pixel % 12, pixel / 12, 0, 255);
        }
        Files.write(folder.resolve("images/turned.png"), TurnedPicture.png(stored, 6));
        Files.writeString(folder.resolve("annotations.json"), """
                {"categories": [{"id": 1, "name": "thing 1"}],
                 "images": [{"id": 1, "file_name": "turned.png", "width": %d, "height": %d}],
                 "annotations": [{"image_id": 1, "category_id": 1, "bbox": [%s]}]}
                """.formatted(width, height, box));

        assertThat(run("evaluate", model, "--dataset", dataset, "--property", "input.resize=stretch", "--json"))
                .as("%s: %s", how, err)
                .isZero();
        assertThat(new ObjectMapper()
                        .readTree(out.toString())
                        .path("coco")
                        .path("ap")
                        .asDouble())
                .as(how)
                .isEqualTo(1, within(1e-9));
    }

    @Test
    void aPictureThatCannotBeReadIsNamed() throws Exception {
        Files.writeString(folder.resolve("images/dim.png"), "no picture");

        assertThat(run("evaluate", model, "--dataset", dataset)).isEqualTo(1);
        assertThat(err.toString()).contains("dim.png: cannot be read as a picture: ");
    }

    @Test
    void detectorsAskForBoxesAndClassifiersForLabels() throws Exception {
        assertThat(run("evaluate", "bundled:fashion-mnist", "--dataset", dataset))
                .isEqualTo(1);
        assertThat(err.toString()).contains("task: classification (expected: detection, for a data set of boxes)");
        assertThat(run("evaluate", model, "--dataset", "bundled:fashion-mnist")).isEqualTo(1);
        assertThat(err.toString())
                .contains("task: detection (expected: classification; evaluate --dataset coco:DIR measures detectors)");
        assertThat(run("evaluate", model, "--dataset", dataset, "--flip")).isEqualTo(2);
        assertThat(run(
                        "evaluate",
                        "bundled:fashion-mnist",
                        "--dataset",
                        "bundled:fashion-mnist",
                        "--property",
                        "name=x"))
                .isEqualTo(2);
    }

    @Test
    void theGateRefusesADetector() throws Exception {
        Path gate = Files.writeString(folder.resolve("gate.yaml"), "minimum:\n  top1: 0.5\n");

        assertThat(run("gate", model, "--file", gate.toString(), "--dataset", "bundled:fashion-mnist"))
                .isEqualTo(1);
        assertThat(out.toString())
                .contains("task: detection (expected: classification; ")
                .contains("REFUSED");
        assertThat(run("gate", model, "--file", gate.toString(), "--dataset", dataset))
                .isEqualTo(1);
        assertThat(err.toString()).contains("has boxes (expected: one label an image; ");
    }

    private int run(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return TrainerMain.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }
}
