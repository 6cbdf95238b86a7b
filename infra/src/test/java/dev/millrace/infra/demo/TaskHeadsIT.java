package dev.millrace.infra.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.infra.CommandProcess;
import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.ImageClient;
import dev.millrace.producer.OutgoingImage;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.LabelMap;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.ScoredLabel;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.publish.ModelRegistry.Start;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.infer.Answer;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.infer.PredictorOptions;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several labels, maps and vectors, from a client through Kafka and a worker and back. Detectors have {@code DetectionIT}. */
class TaskHeadsIT {
    private static final int SIDE = 16;
    private static final int VALUES = 5;
    private static final long SEED = System.nanoTime();
    private static final List<String> COLOURS = List.of("nothing", "grass", "roof", "water");
    private static final int[] PALETTE = {0x000000, 0x20C030, 0xD03020, 0x2040E0};

    @TempDir
    private static Path folder = Path.of("");

    private static final float[][] WEIGHTS = weights(new Random(SEED));
    private static final byte[] EMBEDDER = TaskModels.embedding("vectors", SIDE, WEIGHTS);

    @SuppressWarnings("NullAway.Init") // Before all tests.
    private static Services services;

    @SuppressWarnings("NullAway.Init")
    private static ImageClient client;

    @BeforeAll
    static void startAWorkerOfThreeModels() throws Exception {
        services = new Services(folder, "maps");
        services.startBroker();
        publish(TaskModels.segmenter("maps", SIDE, COLOURS, PALETTE));
        publish(TaskModels.multiLabel("colours", SIDE));
        publish(EMBEDDER);
        services.startWorker("worker-1");
        client = ImageClient.connect(ClientConfig.of(services.bootstrap()).withTimeout(Services.LIMIT));
    }

    @AfterAll
    static void stopEverything() {
        if (client != null) {
            client.close();
        }
        services.close();
    }

    private static void publish(byte[] onnx) throws Exception {
        services.registry()
                .publish(onnx, ManifestDraft.of(onnx, null, null), services.signer(), Start.ANSWERING, "test", "");
    }

    private static float[][] weights(Random random) {
        float[][] weights = new float[SIDE * SIDE * 3][VALUES];
        for (float[] row : weights) {
            for (int i = 0; i < VALUES; i++) {
                row[i] = (float) random.nextGaussian() / 255;
            }
        }
        return weights;
    }

    @Test
    void everyLabelAboveTheThresholdComesBestFirst() throws Exception {
        // 220 of 255 is a sigmoid of 0.9993, 145 one of 0.80, 130 one of 0.55.
        InferenceResult two = ask("colours", OutgoingImage.raw(TaskModels.plain(SIDE, 0x91_82_DC), SIDE, SIDE, 3));
        assertThat(two.getLabels()).extracting(ScoredLabel::getLabel).containsExactly("blue", "red");
        assertThat(two.getLabels()).extracting(ScoredLabel::getIndex).containsExactly(2, 0);
        assertThat(two.getLabels().get(0).getScore()).isCloseTo(sigmoid(220), within(1e-5f));
        assertThat(two.getLabels().get(1).getScore()).isCloseTo(sigmoid(145), within(1e-5f));
        InferenceResult none = ask("colours", OutgoingImage.raw(TaskModels.plain(SIDE, 0x40_40_40), SIDE, SIDE, 3));
        assertThat(none.getLabels()).isEmpty();
        for (InferenceResult result : List.of(two, none)) {
            assertThat(result.getBoxes()).isEmpty();
            assertThat(result.getMask()).isNull();
            assertThat(result.getEmbedding()).isEmpty();
        }
    }

    private static float sigmoid(int level) {
        return (float) (1 / (1 + Math.exp(-20 * (level / 255.0 - 0.5))));
    }

    @Test
    void theMapHasAClassForEachPixelOfThePictureAsItWasSent() throws Exception {
        BufferedImage picture = scene();

        InferenceResult result = ask("maps", OutgoingImage.png(png(picture)));

        LabelMap map = Objects.requireNonNull(result.getMask());
        assertThat(map.getLabels()).isEqualTo(COLOURS);
        assertThat(List.of(result.getImageWidth(), result.getImageHeight())).containsExactly(64, 48);
        assertThat(List.of(map.getWidth(), map.getHeight())).containsExactly(64, 48);
        Raster classes = classes(map);
        for (int y = 0; y < 48; y++) {
            for (int x = 0; x < 64; x++) {
                assertThat(COLOURS.get(classes.getSample(x, y, 0)))
                        .as("pixel %d, %d", x, y)
                        .isEqualTo(nameAt(x, y));
            }
        }
        assertThat(result.getCounts())
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of("nothing", 16 * 48, "grass", 48 * 24, "roof", 32 * 24, "water", 16 * 24));
        assertThat(result.getLabels()).isEmpty();
        assertThat(result.getBoxes()).isEmpty();
    }

    /** 64 x 48, a quarter of which is what the model sees: nothing on the left, roof and water above grass. */
    private static BufferedImage scene() {
        BufferedImage picture = new BufferedImage(64, 48, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < 48; y++) {
            for (int x = 0; x < 64; x++) {
                picture.setRGB(x, y, PALETTE[COLOURS.indexOf(nameAt(x, y))]);
            }
        }
        return picture;
    }

    private static String nameAt(int x, int y) {
        if (x < 16) {
            return "nothing";
        }
        return y >= 24 ? "grass" : x < 48 ? "roof" : "water";
    }

    private static Raster classes(LabelMap map) throws Exception {
        byte[] file = new byte[map.getPng().remaining()];
        map.getPng().duplicate().get(file);
        BufferedImage read = ImageIO.read(new ByteArrayInputStream(file));
        assertThat(read.getRaster().getNumBands()).isEqualTo(1);
        assertThat(List.of(read.getWidth(), read.getHeight())).containsExactly(map.getWidth(), map.getHeight());
        return read.getRaster();
    }

    @Test
    void theVectorIsThatOfTheModelWithoutAWorker() throws Exception {
        Random random = new Random(SEED + 1);
        byte[] pixels = new byte[SIDE * SIDE * 3];
        random.nextBytes(pixels);

        InferenceResult result = ask("vectors", OutgoingImage.raw(pixels, SIDE, SIDE, 3));

        try (Predictor predictor = Predictor.load(EMBEDDER, PredictorOptions.DEFAULT)) {
            Answer alone =
                    predictor.predict(EncodedImage.raw(SIDE, SIDE, 3, pixels)).answer();
            assertThat(result.getEmbedding()).as("seed %d", SEED).isEqualTo(((Answer.Embedding) alone).vector());
        }
        double[] vector = product(pixels);
        assertThat(result.getEmbedding()).hasSize(VALUES);
        for (int i = 0; i < VALUES; i++) {
            assertThat((double) result.getEmbedding().get(i))
                    .as("value %d, seed %d", i, SEED)
                    .isCloseTo(vector[i], within(1e-4));
        }
    }

    /** Of length 1. */
    private static double[] product(byte[] hwc) {
        double[] vector = new double[VALUES];
        for (int i = 0; i < hwc.length; i++) {
            float[] row = WEIGHTS[i % 3 * SIDE * SIDE + i / 3];
            for (int v = 0; v < VALUES; v++) {
                vector[v] += (hwc[i] & 0xFF) * (double) row[v];
            }
        }
        double squares = 0;
        for (double value : vector) {
            squares += value * value;
        }
        for (int v = 0; v < VALUES; v++) {
            vector[v] /= Math.sqrt(squares);
        }
        return vector;
    }

    @Test
    void produceDrawsTheMapOnThePicture() throws Exception {
        Path picture = Files.write(folder.resolve("scene.png"), png(scene()));
        Path out = folder.resolve("drawn.png");
        try (CommandProcess produce = CommandProcess.start(
                folder,
                "produce",
                "--bootstrap",
                services.bootstrap(),
                "--await",
                "--model",
                "maps",
                "--draw",
                out.toString(),
                picture.toString())) {
            assertThat(produce.awaitExit(Services.LIMIT)).as(produce.toString()).isZero();
        }

        BufferedImage drawn = ImageIO.read(out.toFile());
        double scale = drawn.getWidth() / 64.0;
        assertThat(drawn.getHeight()).isEqualTo((int) Math.round(48 * scale));
        int nothing = rgb(drawn, 5 * scale, 40 * scale);
        int grass = rgb(drawn, 40 * scale, 40 * scale);
        int roof = rgb(drawn, 46 * scale, 22 * scale);
        int water = rgb(drawn, 60 * scale, 22 * scale);
        assertThat(nothing).as("class 0 is left as it is").isEqualTo(PALETTE[0]);
        assertThat(grass).isNotEqualTo(PALETTE[1]);
        assertThat(List.of(nothing, grass, roof, water)).doesNotHaveDuplicates();
        assertThat(rgb(drawn, 18 * scale, 46 * scale))
                .as("all of a class looks alike")
                .isEqualTo(grass);
    }

    private static int rgb(BufferedImage image, double x, double y) {
        return image.getRGB((int) x, (int) y) & 0xFFFFFF;
    }

    private static InferenceResult ask(String model, OutgoingImage image) throws Exception {
        InferenceResult result =
                client.publishAndAwait(image.withModel(model)).get().result();
        assertThat(result.getStatus()).as(result.getErrorMessage()).isEqualTo(ResultStatus.OK);
        assertThat(result.getModel()).isEqualTo(model);
        return result;
    }

    private static byte[] png(BufferedImage image) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(ImageIO.write(image, "png", out)).isTrue();
        return out.toByteArray();
    }
}
