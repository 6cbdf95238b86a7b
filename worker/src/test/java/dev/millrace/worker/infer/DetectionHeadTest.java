package dev.millrace.worker.infer;

import static dev.millrace.worker.infer.Detectors.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.worker.decode.Placement;
import dev.millrace.worker.model.InferenceFailedException;
import dev.millrace.worker.model.ModelOutput;
import dev.millrace.worker.model.ModelSpec;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DetectionHeadTest {

    private static final List<ModelOutput> OUTPUTS = List.of(output("scores", 3, 2), output("boxes", 3, 4));

    private static final float[] SCORES = {0.9f, 0.1f, 0.2f, 0.8f, 0.3f, 0.1f};
    private static final float[] BOXES = {10, 10, 30, 20, 40, 20, 60, 50, 1, 1, 9, 9};

    private static ModelSpec spec(String... parameters) {
        Map<String, String> head = new HashMap<>(Map.of("decoding", "boxes", "threshold", "0.5"));
        for (int i = 0; i < parameters.length; i += 2) {
            head.put(parameters[i], parameters[i + 1]);
        }
        return Detectors.spec(100, 80, 2, head, OUTPUTS);
    }

    @Test
    void givesWhatReachesTheThresholdBestFirst() {
        assertThat(Detectors.find(spec(), SCORES, BOXES))
                .containsExactly(
                        new DetectedBox(0, "class 0", 0.9f, 10, 10, 20, 10),
                        new DetectedBox(1, "class 1", 0.8f, 40, 20, 20, 30));
        assertThat(Detectors.find(spec("threshold", "0.3"), SCORES, BOXES)).hasSize(3);
        assertThat(Detectors.find(spec("boxes.most", "1"), SCORES, BOXES)).hasSize(1);
        assertThat(Detectors.find(spec("threshold", "0.95"), SCORES, BOXES)).isEmpty();
    }

    @Test
    void seesBoxesOnTheImageAndNotOnTheCanvas() {
        // 200 x 100, letterboxed: 100 x 50 with 15 above and below.
        Placement placement = new Placement(200, 100, 0.5, 0.5, 0, 15);
        assertThat(Detectors.find(spec(), placement, SCORES, BOXES))
                .containsExactly(
                        // Its upper half lay on the border.
                        new DetectedBox(0, "class 0", 0.9f, 20, 0, 40, 10),
                        new DetectedBox(1, "class 1", 0.8f, 80, 10, 40, 60));
    }

    @Test
    void clipsBoxesAndDropsThoseOfNoArea() {
        float[] boxes = {-20, -5, 30, 200, 101, 5, 130, 9, 7, 8, 7, 9};
        float[] scores = {0.9f, 0, 0.8f, 0, 0.7f, 0};
        assertThat(Detectors.find(spec(), scores, boxes))
                .containsExactly(new DetectedBox(0, "class 0", 0.9f, 0, 0, 30, 80));
    }

    @Test
    void suppressesWithinAClassUnlessToldOtherwise() {
        float[] boxes = {10, 10, 30, 20, 11, 10, 30, 20, 12, 10, 30, 20};
        float[] scores = {0.9f, 0, 0, 0.8f, 0.7f, 0};
        assertThat(Detectors.find(spec(), scores, boxes))
                .extracting(DetectedBox::score)
                .containsExactly(0.9f, 0.8f);
        assertThat(Detectors.find(spec("nms", "all"), scores, boxes))
                .extracting(DetectedBox::score)
                .containsExactly(0.9f);
        assertThat(Detectors.find(spec("nms", "none"), scores, boxes)).hasSize(3);
        assertThat(Detectors.find(spec("nms.iou", "0.95"), scores, boxes)).hasSize(3);
    }

    @Test
    void readsTheRowOfItsImageAndNothingOfTheOneBefore() {
        DetectionHead head = new DetectionHead(spec());
        FloatBuffer scores = FloatBuffer.allocate(18).put(0, SCORES).put(12, SCORES);
        FloatBuffer boxes = FloatBuffer.allocate(36).put(0, BOXES).put(24, BOXES);
        Placement whole = Placement.whole(100, 80);
        for (int row : new int[] {0, 1, 2, 1, 0}) {
            assertThat(head.answer(List.of(scores, boxes), row, whole).found()).hasSize(row == 1 ? 0 : 2);
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void blamesTheModelForWhatIsNoNumberAndNamesIt(float wrong) {
        float[] scores = SCORES.clone();
        scores[4] = wrong;
        float[] boxes = BOXES.clone();
        boxes[11] = wrong;
        assertThatExceptionOfType(InferenceFailedException.class)
                .isThrownBy(() -> Detectors.find(spec(), scores, BOXES))
                .withMessage("output scores[4]: " + wrong + " (expected: a finite number)");
        assertThatExceptionOfType(InferenceFailedException.class)
                .isThrownBy(() -> Detectors.find(spec(), SCORES, boxes))
                .withMessage("output boxes[11]: " + wrong + " (expected: a finite number)");
    }

    @Test
    void largestFloatsAreNoReasonToBlameAnybodyButInABox() {
        float[] boxes = BOXES.clone();
        boxes[8] = Float.MAX_VALUE;
        assertThat(Detectors.find(spec(), SCORES, boxes)).hasSize(2);
        boxes[2] = Float.MAX_VALUE;
        boxes[3] = Float.MAX_VALUE;
        assertThatExceptionOfType(InferenceFailedException.class)
                .isThrownBy(() -> Detectors.find(spec(), SCORES, boxes))
                .withMessageStartingWith("box: 10.0, 10.0, ");
    }

    @Test
    void logitsThatPassForScoresAreNoted() {
        float[] logits = {4, 0, 0, 0, 0, 0};
        assertThatExceptionOfType(InferenceFailedException.class)
                .isThrownBy(() -> Detectors.find(spec(), logits, BOXES))
                .withMessage("score of box 0 of scores: 4.0 (expected: at most 1; does it lack activation=sigmoid or"
                        + " softmax?)");
        assertThat(Detectors.find(spec("activation", "sigmoid"), logits, BOXES)).hasSize(3);
    }

    @Test
    void countsBoxesByClassTheMostFrequentFirst() {
        Answer.Boxes boxes = new Answer.Boxes(List.of(
                new DetectedBox(2, "car", 0.9f, 0, 0, 1, 1),
                new DetectedBox(0, "person", 0.8f, 0, 0, 1, 1),
                new DetectedBox(1, "bicycle", 0.8f, 0, 0, 1, 1),
                new DetectedBox(0, "person", 0.7f, 0, 0, 1, 1)));
        assertThat(boxes.counts().entrySet())
                .extracting(Map.Entry::toString)
                .containsExactly("person=2", "bicycle=1", "car=1");
    }

    /** An untrained model: every place is a candidate. */
    @Test
    void looksAtTheBestCandidatesOnlyWhereThereAreTooMany() {
        int n = 8400;
        float[] table = new float[n * 5];
        for (int i = 0; i < n; i++) {
            table[i] = 320;
            table[n + i] = 320;
            table[2 * n + i] = 10;
            table[3 * n + i] = 10;
            table[4 * n + i] = 0.5f + i / (2f * n);
        }
        Map<String, String> head = Map.of("decoding", "yolov8", "nms.candidates", "500");
        ModelSpec spec = Detectors.spec(640, 640, 1, head, List.of(output("output0", 5, n)));
        assertThat(Detectors.find(spec, table)).hasSize(1).first().satisfies(best -> assertThat(best.score())
                .isGreaterThan(0.999f));
    }
}
