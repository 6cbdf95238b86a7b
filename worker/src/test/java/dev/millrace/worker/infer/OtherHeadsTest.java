package dev.millrace.worker.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.worker.decode.ChannelOrder;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.decode.Placement;
import dev.millrace.worker.decode.Resizing;
import dev.millrace.worker.decode.TensorLayout;
import dev.millrace.worker.model.ElementType;
import dev.millrace.worker.model.InferenceFailedException;
import dev.millrace.worker.model.ModelOutput;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.model.Task;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Several labels, maps and vectors. */
final class OtherHeadsTest {

    private static final Placement WHOLE = Placement.whole(8, 4);

    @Test
    void givesEveryLabelThatReachesTheThresholdBestFirst() {
        ModelSpec spec = spec(Task.MULTI_LABEL, Map.of("threshold", "0.7"), 3, 3);
        List<ScoredLabel> found = ((Answer.Labels) answer(spec, WHOLE, 1, 9, 9, 9, 1, -1, 3)).best();
        assertThat(found).extracting(ScoredLabel::label).containsExactly("class 2", "class 0");
        assertThat(found.get(0).score()).isCloseTo(0.952574f, within(1e-5f));
        assertThat(found.get(1).score()).isCloseTo(0.731059f, within(1e-5f));
    }

    @Test
    void mayFindNoLabelAtAllAndTakesProbabilitiesAsTheyAre() {
        ModelSpec spec = spec(Task.MULTI_LABEL, Map.of("activation", "none"), 2, 2);
        assertThat(((Answer.Labels) answer(spec, WHOLE, 0, 0.4f, 0.1f)).best()).isEmpty();
        assertThat(((Answer.Labels) answer(spec, WHOLE, 0, 0.4f, 0.6f)).best())
                .containsExactly(new ScoredLabel(1, "class 1", 0.6f));
    }

    @Test
    void givesTheVectorOrOneOfLengthOne() {
        assertThat(answer(spec(Task.EMBEDDING, Map.of(), 0, 2), WHOLE, 1, 7, 7, 3, -4))
                .isEqualTo(new Answer.Embedding(List.of(3f, -4f)));
        ModelSpec normalized = spec(Task.EMBEDDING, Map.of("normalize", "l2"), 0, 2);
        assertThat(answer(normalized, WHOLE, 0, 3, -4)).isEqualTo(new Answer.Embedding(List.of(0.6f, -0.8f)));
        assertThat(answer(normalized, WHOLE, 0, 0, 0)).isEqualTo(new Answer.Embedding(List.of(0f, 0f)));
    }

    @Test
    void givesEachPixelTheBestClassOfThePlaceItLiesIn() throws Exception {
        // 2 classes, 2 rows, 4 columns: the right half is class 1, and the place below on the left.
        ModelSpec spec = spec(Task.SEGMENTATION, Map.of(), 2, 2, 2, 4);
        float[] scores = {1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 0, 1, 1};
        Answer.LabelMap map = (Answer.LabelMap) answer(spec, WHOLE, 0, scores);
        assertThat(map.labels()).containsExactly("class 0", "class 1");
        assertThat(map.counts()).containsExactly(Map.entry("class 1", 20), Map.entry("class 0", 12));
        assertThat(samples(map))
                .containsExactly(
                        0, 0, 0, 0, 1, 1, 1, 1, //
                        0, 0, 0, 0, 1, 1, 1, 1, //
                        1, 1, 0, 0, 1, 1, 1, 1, //
                        1, 1, 0, 0, 1, 1, 1, 1);
    }

    @Test
    void seesTheMapOnTheImageAndNotOnTheCanvas() throws Exception {
        ModelSpec spec = spec(Task.SEGMENTATION, Map.of(), 2, 2, 4, 8);
        float[] scores = new float[64];
        // Rows 1 and 2 of the canvas are class 1: all that the image, letterboxed to them, lies on.
        IntStream.range(8, 24).forEach(i -> scores[32 + i] = 1);
        Answer.LabelMap map = (Answer.LabelMap) answer(spec, new Placement(32, 8, 0.25, 0.25, 0, 1), 0, scores);
        assertThat(map.width()).isEqualTo(32);
        assertThat(map.height()).isEqualTo(8);
        assertThat(samples(map)).containsOnly(1);
    }

    @Test
    void givesFewerPixelsOfALargePicture() throws Exception {
        ModelSpec spec = spec(Task.SEGMENTATION, Map.of("pixels.most", "200"), 2, 2, 4, 8);
        Answer.LabelMap map =
                (Answer.LabelMap) answer(spec, new Placement(8000, 4000, 0.001, 0.001, 0, 0), 0, new float[64]);
        assertThat(map.width()).isEqualTo(20);
        assertThat(map.height()).isEqualTo(10);
        assertThat(samples(map)).hasSize(200);
    }

    @Test
    void readsChannelsLastAndASingleChannelToo() throws Exception {
        ModelSpec last = spec(Task.SEGMENTATION, Map.of("layout", "hwc"), 3, 4, 8, 3);
        ModelSpec first = spec(Task.SEGMENTATION, Map.of(), 3, 3, 4, 8);
        long seed = System.nanoTime();
        Random random = new Random(seed);
        float[] planes = new float[96];
        float[] interleaved = new float[96];
        for (int i = 0; i < 96; i++) {
            planes[i] = random.nextFloat();
            interleaved[i % 32 * 3 + i / 32] = planes[i];
        }
        assertThat(samples((Answer.LabelMap) answer(last, WHOLE, 0, interleaved)))
                .as("seed %d", seed)
                .isEqualTo(samples((Answer.LabelMap) answer(first, WHOLE, 0, planes)));

        ModelSpec single = spec(Task.SEGMENTATION, Map.of(), 2, 1, 1, 2);
        assertThat(samples((Answer.LabelMap) answer(single, new Placement(2, 1, 4, 4, 0, 0), 0, -0.5f, 0.5f)))
                .containsExactly(0, 1);
    }

    @ParameterizedTest
    @EnumSource(
            value = Task.class,
            names = {"MULTI_LABEL", "EMBEDDING", "SEGMENTATION"})
    void failsOnWhatIsNoNumber(Task task) {
        ModelSpec spec = task == Task.SEGMENTATION ? spec(task, Map.of(), 2, 2, 1, 1) : spec(task, Map.of(), 2, 2);
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            for (int at = 0; at < 2; at++) {
                float[] outputs = {0.5f, 0.5f};
                outputs[at] = bad;
                assertThatExceptionOfType(InferenceFailedException.class)
                        .isThrownBy(() -> answer(spec, WHOLE, 0, outputs))
                        .withMessageContaining(bad + " (expected: a finite number)");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MULTI_LABEL threshold high threshold: high (expected: a number)",
                "MULTI_LABEL threshold 2 threshold: 2 (expected: a number from 0.0 to 1.0)",
                "MULTI_LABEL activation relu activation: relu (expected: one of sigmoid, none)",
                "EMBEDDING normalise l2 normalise: l2 (expected: one of normalize)",
                "SEGMENTATION layout whc layout: whc (expected: one of chw, hwc)",
                "SEGMENTATION layout hwc outputs: ",
                "SEGMENTATION pixels.most 0 pixels.most: 0 (expected: a whole number from 1",
            })
    void refusesParametersThatItDoesNotTake(String line) {
        String[] parts = line.split(" ", 4);
        Task task = Task.valueOf(parts[0]);
        int[] output = task == Task.SEGMENTATION ? new int[] {2, 4, 8} : new int[] {2};
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TaskHeads.of(spec(task, Map.of(parts[1], parts[2]), 2, output), 1))
                .withMessageStartingWith(parts[3]);
    }

    private static int[] samples(Answer.LabelMap map) throws Exception {
        ByteBuffer png = map.png().duplicate();
        byte[] file = new byte[png.remaining()];
        png.get(file);
        var raster = ImageIO.read(new ByteArrayInputStream(file)).getRaster();
        assertThat(raster.getNumBands()).isEqualTo(1);
        return raster.getPixels(0, 0, map.width(), map.height(), (int[]) null);
    }

    private static Answer answer(ModelSpec spec, Placement placement, int row, float... outputs) {
        return TaskHeads.of(spec, 1).answer(List.of(FloatBuffer.wrap(outputs)), row, placement);
    }

    private static ModelSpec spec(Task task, Map<String, String> head, int classes, Integer... output) {
        return spec(task, head, classes, Arrays.stream(output).mapToInt(n -> n).toArray());
    }

    /** Of images of 8 x 4. */
    private static ModelSpec spec(Task task, Map<String, String> head, int classes, int[] output) {
        return new ModelSpec(
                "model",
                1,
                "00",
                0,
                "fp32",
                "pixels",
                ElementType.UINT8,
                new PixelShape(4, 8, 1, TensorLayout.NCHW, ChannelOrder.GREY),
                List.of(0f),
                List.of(1f),
                0,
                Resizing.NONE,
                task,
                List.of(new ModelOutput("output", IntStream.of(output).boxed().toList())),
                IntStream.range(0, classes).mapToObj(k -> "class " + k).toList(),
                head);
    }
}
