package dev.millrace.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.onnxruntime.OnnxJavaType;
import dev.millrace.worker.decode.Resizing;
import dev.millrace.worker.model.TinyModels.Recipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a model is used that does not say so itself: by its graph, by its exporter's metadata, by what a person says. */
final class KnownUseTest {

    private static GraphTensor tensor(String name, Long... shape) {
        return new GraphTensor(name, OnnxJavaType.FLOAT, List.of(shape));
    }

    private static String names(int classes) {
        return IntStream.range(0, classes)
                .mapToObj(k -> k + ": 'class " + k + "'")
                .collect(Collectors.joining(", ", "{", "}"));
    }

    @Test
    void publicDetectorsAreKnownByTheirGraph() {
        Map<String, String> fastestDet = KnownDetectors.propertiesOf(
                tensor("input.1", 1L, 3L, 352L, 352L), List.of(tensor("758", 1L, 85L, 22L, 22L)));
        Map<String, String> rfb = KnownDetectors.propertiesOf(
                tensor("input", 1L, 3L, 240L, 320L),
                List.of(tensor("scores", 1L, 4420L, 2L), tensor("boxes", 1L, 4420L, 4L)));

        assertThat(fastestDet)
                .containsEntry("millrace.task", "detection")
                .containsEntry("millrace.input.channel-order", "BGR")
                .containsEntry("millrace.head.decoding", "cells")
                .doesNotContainKeys("labels", "graph.input", "graph.outputs");
        assertThat(fastestDet.get("millrace.labels"))
                .startsWith("[\"person\",\"bicycle\",")
                .endsWith("\"toothbrush\"]");
        assertThat(rfb).containsEntry("millrace.labels", "[\"face\"]").containsEntry("millrace.head.nms.iou", "0.3");
    }

    @Test
    void otherGraphsAreNot() {
        assertThat(KnownDetectors.propertiesOf(
                        tensor("input.1", 1L, 3L, 320L, 320L), List.of(tensor("758", 1L, 85L, 20L, 20L))))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "detect, 84, 8400, yolov8, 0.7",
        "detect, 300, 6, listed, 0.7",
        ", 25200, 85, yolov5, 0.45",
    })
    void exportsOfUltralyticsSayHowTheyAreUsed(String task, long rows, long columns, String decoding, String iou)
            throws Exception {
        Map<String, String> metadata = new HashMap<>(Map.of("names", names(80), "stride", "32"));
        if (task != null) {
            metadata.put("task", task);
        }
        Map<String, String> properties =
                UltralyticsExport.propertiesOf(metadata, List.of(tensor("output0", 1L, rows, columns)));
        assertThat(properties)
                .containsEntry("millrace.task", "detection")
                .containsEntry("millrace.head.decoding", decoding)
                .containsEntry("millrace.head.nms.iou", iou)
                .containsEntry("millrace.input.resize", "letterbox")
                .containsEntry("millrace.input.fill", "114");
    }

    @Test
    void suchAnExportIsDescribedWithoutAnyPropertyOfMillrace() throws Exception {
        ModelSpec spec = ModelSpec.describe(
                TinyModels.detector(6, Map.of("task", "detect", "stride", "32", "names", "{0: 'cat', 1: 'dog'}")));
        assertThat(spec.task()).isEqualTo(Task.DETECTION);
        assertThat(spec.labels()).containsExactly("cat", "dog");
        assertThat(spec.head()).containsEntry("decoding", "listed").containsEntry("output", "scores");
        assertThat(spec.resizing()).isEqualTo(new Resizing(Resizing.Fit.LETTERBOX, Resizing.Filter.BILINEAR, 114));
    }

    @Test
    void namesAreReadAsPythonWritesThem() throws Exception {
        String names = "{0: 'person', 1: \"driver's seat\", 2: 'a \"b\" \\'c\\'', 3: 'x: y, {z}'}";
        Map<String, String> properties = UltralyticsExport.propertiesOf(
                Map.of("names", names, "stride", "32", "task", "detect"), List.of(tensor("o", 1L, 8L, 100L)));
        assertThat(properties)
                .containsEntry("millrace.labels", "[\"person\",\"driver's seat\",\"a \\\"b\\\" 'c'\",\"x: y, {z}\"]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "detect|{1: 'a', 0: 'b'}|names: {1: 'a', 0: 'b'} (expected: names of classes, numbered from 0)",
                "detect|what|names: what (expected: names of classes, numbered from 0)",
                "classify|{0: 'a', 1: 'b'}|task: classify (expected: detect, of an Ultralytics export; ",
                "detect|{0: 'a'}|output: o FLOAT[1, 6, 100] (expected: of an Ultralytics detector of 1 classes, [batch, 5, boxes]",
                "detect|{0: 'a|names: {0: 'a (expected: names of classes, numbered from 0)"
            })
    void otherExportsOfUltralyticsAreRefusedInWords(String task, String names, String message) throws Exception {
        Map<String, String> metadata = new HashMap<>(Map.of("names", names, "stride", "32", "task", task));
        List<GraphTensor> outputs = List.of(tensor("o", 1L, 6L, 100L));
        assertThatExceptionOfType(ModelRefusedException.class)
                .isThrownBy(() -> UltralyticsExport.propertiesOf(metadata, outputs))
                .withMessageStartingWith(message);

        metadata.put("millrace.head.decoding", "boxes");
        assertThat(UltralyticsExport.propertiesOf(metadata, outputs)).doesNotContainKey("millrace.head.output");
    }

    @Test
    void whatIsNoSuchExportIsLeftToItself() throws Exception {
        Map<String, String> older = Map.of("names", "['a']", "stride", "32");
        assertThat(UltralyticsExport.propertiesOf(older, List.of(tensor("o", 1L, 7L, 100L))))
                .isEmpty();
        assertThat(UltralyticsExport.propertiesOf(Map.of("task", "segment"), List.of(tensor("o", 1L, 6L, 100L))))
                .isEmpty();
    }

    @Test
    void transformersOfUltralyticsTakeStretchedImagesAndGiveCentresInPartsOfThem() throws Exception {
        Map<String, String> metadata =
                Map.of("names", names(80), "stride", "32", "task", "detect", "head", "RTDETRDecoder");
        assertThat(UltralyticsExport.propertiesOf(metadata, List.of(tensor("o", 1L, 300L, 6L))))
                .containsEntry("millrace.head.decoding", "listed")
                .containsEntry("millrace.head.format", "centre")
                .containsEntry("millrace.head.unit", "canvas")
                .containsEntry("millrace.input.resize", "stretch");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"[256, 320]|320x256", "[640,640]|640x640", "416|416x416"})
    void theSizeOfSuchAnExportIsHeightFirst(String imgsz, String size) {
        Map<String, String> metadata = Map.of("names", "['a']", "stride", "32", "task", "detect", "imgsz", imgsz);
        assertThat(UltralyticsExport.size(metadata)).hasToString("Optional[" + size + "]");
    }

    @Test
    void aGraphOfOpenSizesIsUsedAtTheSizeThatItWasExportedFor() throws Exception {
        Map<String, String> metadata = new HashMap<>(Map.of("task", "detect", "stride", "32", "names", "['a', 'b']"));
        assertThatExceptionOfType(ModelRefusedException.class)
                .isThrownBy(() -> ModelSpec.describe(TinyModels.openDetector(metadata)))
                .withMessage(
                        "millrace.input.size: absent (expected: WIDTHxHEIGHT, such as 640x480, since the graph leaves"
                                + " it open: pixels FLOAT[-1, 3, -1, -1])");

        metadata.put("imgsz", "[4, 6]");
        byte[] onnx = TinyModels.openDetector(metadata);
        ModelSpec spec = ModelSpec.describe(onnx);
        assertThat(spec.pixels().height()).isEqualTo(4);
        assertThat(spec.pixels().width()).isEqualTo(6);
        assertThat(spec.fixedBatch()).isZero();
        assertThat(spec.outputs()).containsExactly(new ModelOutput("boxes", List.of(12, 6)));
        assertThat(spec.head()).containsEntry("decoding", "listed");
        LoadedModel.load(onnx, spec, DeviceRequest.ANY_CPU, 2).close();

        ModelSpec other = ModelSpec.describe(onnx, Map.of("millrace.input.size", "8x4"));
        assertThat(other.pixels().width()).isEqualTo(8);
        assertThat(other.outputs()).containsExactly(new ModelOutput("boxes", List.of(16, 6)));
    }

    @Test
    void theOldestExportsLeaveTheirSizeToAPerson() throws Exception {
        byte[] onnx = TinyModels.openDetector(Map.of("stride", "32", "names", "['a']"));
        ModelSpec spec = ModelSpec.describe(onnx, Map.of("millrace.input.size", "6x4"));
        assertThat(spec.outputs()).containsExactly(new ModelOutput("boxes", List.of(12, 6)));
        assertThat(spec.head()).containsEntry("decoding", "yolov5");
    }

    @Test
    void aSizeThatIsNotTheGraphsIsRefused() {
        assertThatExceptionOfType(ModelRefusedException.class)
                .isThrownBy(() -> ModelSpec.describe(TinyModels.detector(2), Map.of("millrace.input.size", "16x32")))
                .withMessage("millrace.input.size: 16x32 (expected: as the graph has it: pixels UINT8[-1, 1, 16, 16])");
        assertThatExceptionOfType(ModelRefusedException.class)
                .isThrownBy(() -> ModelSpec.describe(TinyModels.detector(2), Map.of("millrace.input.size", "16")))
                .withMessage("model: millrace.input.size: 16 (expected: WIDTHxHEIGHT, such as 640x480)");
    }

    @Test
    void aLongNameIsReadWithoutRecursion() throws Exception {
        String names = "{0: '" + "\\'a".repeat(100_000) + "'}";
        assertThat(UltralyticsExport.propertiesOf(
                        Map.of("names", names, "stride", "32", "task", "detect"), List.of(tensor("o", 1L, 5L, 100L))))
                .containsKey("millrace.labels");
    }

    @Test
    void whatTheFileSaysItselfStands() throws Exception {
        byte[] onnx = TinyModels.detector(2);
        ModelSpec spec = ModelSpec.describe(onnx);
        assertThat(spec.task()).isEqualTo(Task.DETECTION);
        assertThat(spec.labels()).containsExactly("thing 0", "thing 1");
        assertThat(spec.head()).containsExactlyInAnyOrderEntriesOf(Map.of("decoding", "boxes", "threshold", "0.5"));
        assertThat(spec.outputs())
                .containsExactly(new ModelOutput("scores", List.of(4, 2)), new ModelOutput("boxes", List.of(4, 4)));
        assertThat(spec.resizing()).isEqualTo(Resizing.NONE);
    }

    @Test
    void whatAPersonSaysCountsMore(@TempDir Path dir) throws Exception {
        Path file = Files.writeString(
                dir.resolve("use.properties"), "head.threshold = 0.3\nmillrace.input.resize=letterbox\n# and so on\n");
        Map<String, String> said = ModelProperties.said(file, List.of("head.threshold=0.4", "name=other=1"));
        ModelSpec spec = ModelSpec.describe(TinyModels.detector(2), said);
        assertThat(spec.name()).isEqualTo("other=1");
        assertThat(spec.head()).containsEntry("threshold", "0.4");
        assertThat(spec.resizing().fit()).isEqualTo(Resizing.Fit.LETTERBOX);
    }

    @Test
    void propertiesThatNobodyReadsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ModelProperties.said(null, List.of("threshold=0.4")))
                .withMessageStartingWith("property: threshold (expected: one of millrace.input.channel-order, ")
                .withMessageEndingWith(" or millrace.head....)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ModelProperties.said(null, List.of("head.threshold")))
                .withMessage("property: head.threshold (expected: KEY=VALUE)");
    }

    @Test
    void aDetectorThatNamesNoClassesIsRefused() {
        assertThatExceptionOfType(ModelRefusedException.class)
                .isThrownBy(() -> ModelSpec.describe(TinyModels.detector(2, Map.of("millrace.task", "detection"))))
                .withMessage("millrace.labels: absent (expected: a JSON array of names)");
    }

    @Test
    void aClassifierIsWhatItWas() throws Exception {
        assertThat(ModelSpec.describe(Recipe.of(6, 5, 3, 4)
                                .with("names", "{0: 'a'}")
                                .with("stride", "32")
                                .build())
                        .task())
                .isEqualTo(Task.CLASSIFICATION);
    }
}
