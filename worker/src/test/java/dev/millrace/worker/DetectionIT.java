package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.ChannelOrder;
import dev.millrace.schemas.ElementType;
import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.InputSpec;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.OutputSpec;
import dev.millrace.schemas.ResamplingFilter;
import dev.millrace.schemas.Resize;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.Task;
import dev.millrace.schemas.TensorLayout;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.infer.Answer;
import dev.millrace.worker.infer.DetectedBox;
import dev.millrace.worker.infer.Prediction;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.infer.PredictorOptions;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.model.TinyModels;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Boxes through a worker and Kafka are those of the model without either. */
@ExtendWith(KafkaBroker.class)
class DetectionIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private Stage stage;

    @BeforeEach
    void setTheStage(KafkaBroker broker, @TempDir Path dir) throws Exception {
        stage = new Stage(broker, dir);
    }

    @AfterEach
    void clear() {
        stage.close();
    }

    @Test
    void resultsHaveTheBoxesOfTheirImages() throws Exception {
        byte[] onnx = TinyModels.detector(3);
        publish(onnx);
        stage.worker();
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Map<String, EncodedImage> images = new HashMap<>();
        for (int i = 0; i < 60; i++) {
            byte[] pixels = TinyModels.quarters(
                    random.nextInt(256), random.nextInt(256), random.nextInt(256), random.nextInt(256));
            int side = TinyModels.DETECTOR_SIZE;
            images.put("r" + i, EncodedImage.raw(side, side, 1, pixels));
            stage.send(request("r" + i, ImageEncoding.RAW_U8, side, 1, pixels));
        }

        await().atMost(PATIENCE).until(() -> stage.results().size() >= images.size());

        assertThat(stage.results()).hasSize(images.size());
        try (Predictor predictor = Predictor.load(onnx, PredictorOptions.DEFAULT)) {
            for (InferenceResult result : stage.results()) {
                assertSame("seed " + seed, result, predictor.predict(image(images, result)));
            }
        }
        assertThat(stage.results())
                .anySatisfy(result -> assertThat(result.getBoxes()).isEmpty())
                .anySatisfy(result -> assertThat(result.getBoxes()).hasSizeGreaterThan(1));
    }

    /** As in {@code PublicDetectorsTest}. */
    @Test
    @EnabledIfSystemProperty(named = "millrace.models", matches = ".+")
    void resultsOfPublicDetectorsHaveTheBoxesOfTheirImages() throws Exception {
        Path folder = Path.of(System.getProperty("millrace.models", ""));
        List<Path> pictures;
        try (Stream<Path> files = Files.list(folder.resolve("images"))) {
            pictures = files.sorted().toList();
        }
        byte[] fastestDet = Files.readAllBytes(folder.resolve("fastestdet.onnx"));
        byte[] rfb = Files.readAllBytes(folder.resolve("rfb-320.onnx"));
        publish(fastestDet);
        publish(rfb);
        stage.worker();
        Map<String, EncodedImage> images = new HashMap<>();
        for (Path picture : pictures) {
            byte[] jpeg = Files.readAllBytes(picture);
            for (String model : List.of("fastestdet", "rfb-320")) {
                String id = model + " " + picture.getFileName();
                images.put(id, EncodedImage.jpeg(jpeg));
                ImageRequest request = request(id, ImageEncoding.JPEG, 0, 0, jpeg);
                request.setModel(model);
                stage.send(request);
            }
        }

        await().atMost(PATIENCE).until(() -> stage.results().size() >= images.size());

        try (Predictor street = Predictor.load(fastestDet, PredictorOptions.DEFAULT);
                Predictor faces = Predictor.load(rfb, PredictorOptions.DEFAULT)) {
            for (InferenceResult result : stage.results()) {
                Predictor predictor = "fastestdet".equals(result.getModel()) ? street : faces;
                assertSame(result.getRequestId(), result, predictor.predict(image(images, result)));
            }
        }
    }

    private static EncodedImage image(Map<String, EncodedImage> images, InferenceResult result) {
        return images.entrySet().stream()
                .filter(entry -> entry.getKey().equals(result.getRequestId()))
                .findFirst()
                .orElseThrow()
                .getValue();
    }

    private static void assertSame(String what, InferenceResult result, Prediction expected) {
        assertThat(result.getStatus())
                .as(what + ": " + result.getErrorMessage())
                .isEqualTo(ResultStatus.OK);
        Answer.Boxes boxes = (Answer.Boxes) expected.answer();
        assertThat(result.getBoxes())
                .as(what)
                .extracting(box -> new DetectedBox(
                        box.getIndex(),
                        box.getLabel(),
                        box.getScore(),
                        box.getX(),
                        box.getY(),
                        box.getWidth(),
                        box.getHeight()))
                .isEqualTo(boxes.found());
        assertThat(result.getCounts()).isEqualTo(boxes.counts());
        assertThat(result.getLabels()).isEmpty();
        assertThat(result.getImageWidth()).isEqualTo(expected.placement().imageWidth());
        assertThat(result.getImageHeight()).isEqualTo(expected.placement().imageHeight());
    }

    private static ImageRequest request(String id, ImageEncoding encoding, int side, int channels, byte[] bytes) {
        return new ImageRequest(
                id,
                "",
                null,
                encoding,
                side,
                side,
                channels,
                ByteBuffer.wrap(bytes),
                null,
                Instant.now(),
                null,
                Map.of());
    }

    private void publish(byte[] onnx) throws Exception {
        stage.publish(manifest(ModelSpec.describe(onnx)), onnx, signed -> signed);
    }

    private static ModelManifest manifest(ModelSpec spec) {
        return new ModelManifest(
                spec.name(),
                1,
                Task.DETECTION,
                new InputSpec(
                        spec.inputTensor(),
                        ElementType.valueOf(spec.elementType().name()),
                        TensorLayout.valueOf(spec.pixels().layout().name()),
                        spec.pixels().height(),
                        spec.pixels().width(),
                        spec.pixels().channels(),
                        ChannelOrder.valueOf(spec.pixels().order().name()),
                        spec.mean(),
                        spec.scale(),
                        spec.fixedBatch(),
                        Resize.valueOf(spec.resizing().fit().name()),
                        ResamplingFilter.valueOf(spec.resizing().filter().name()),
                        spec.resizing().fill()),
                spec.outputs().get(0).tensor(),
                spec.labels(),
                spec.precision(),
                "kafka:",
                spec.bytes(),
                spec.sha256(),
                Map.of(),
                Map.of(),
                Instant.now().truncatedTo(ChronoUnit.MILLIS),
                List.of(),
                0.0,
                spec.outputs().stream()
                        .map(output -> new OutputSpec(output.tensor(), output.shape()))
                        .toList(),
                spec.head());
    }
}
