package dev.millrace.trainer.coco;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.worker.infer.DetectedBox;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class CocoEvaluationTest {
    private static final double EXACT = 1e-12;

    /**
     * The file was made in Python by a random generator of seed 20140906: 24 pictures of 320 x 240, two of them without objects; 98
     * objects of three of four classes, in boxes of whole pixels, an eighth of them crowds, a third with less area than their box; 347
     * boxes: objects moved by up to 8 pixels, up to three times each, some of another class, boxes at random, 130 of one class in one
     * picture; scores in steps of 0.05, so that many are equal. The figures are those of pycocotools 2.0.11 (COCOeval, iouType bbox:
     * stats, and the means of eval["precision"] by class).
     */
    @Test
    void givesTheTwelveFiguresOfPycocotools() throws Exception {
        JsonNode file;
        try (InputStream in = CocoEvaluationTest.class.getResourceAsStream("/coco/random.json")) {
            file = new ObjectMapper().readTree(Objects.requireNonNull(in));
        }
        CocoEvaluation evaluation = new CocoEvaluation(4);
        for (JsonNode image : file.path("images")) {
            List<TrueBox> truths = new ArrayList<>();
            file.path("annotations").forEach(annotation -> {
                if (annotation.path("image_id").equals(image.path("id"))) {
                    truths.add(truth(annotation));
                }
            });
            List<DetectedBox> found = new ArrayList<>();
            file.path("detections").forEach(detection -> {
                if (detection.path("image_id").equals(image.path("id"))) {
                    found.add(found(detection));
                }
            });
            evaluation.add(truths, found);
        }

        JsonNode figures = new ObjectMapper().valueToTree(evaluation.figures());
        Map<String, String> names = new HashMap<>(Map.of("ap_small", "apSmall", "ap_medium", "apMedium"));
        names.putAll(
                Map.of("ap_large", "apLarge", "ar_small", "arSmall", "ar_medium", "arMedium", "ar_large", "arLarge"));
        assertThat(file.path("expected")).hasSize(12);
        for (Map.Entry<String, JsonNode> expected : file.path("expected").properties()) {
            String name = names.getOrDefault(expected.getKey(), expected.getKey());
            assertThat(figures.path(name).asDouble(-1))
                    .as(name)
                    .isCloseTo(expected.getValue().asDouble(), within(EXACT));
        }
        for (int category = 0; category < 3; category++) {
            JsonNode expected = file.path("expected_by_category").path(category);
            assertThat(evaluation.ap(category)).isCloseTo(expected.path("ap").asDouble(), within(EXACT));
            assertThat(evaluation.ap50(category))
                    .isCloseTo(expected.path("ap50").asDouble(), within(EXACT));
        }
        assertThat(evaluation.ap(3)).isNull();
        assertThat(evaluation.ap50(3)).isNull();
    }

    @Test
    void interpolatesPrecisionAt101Recalls() {
        CocoEvaluation evaluation = new CocoEvaluation(1);
        evaluation.add(
                List.of(truth(0, 0, 0), truth(0, 100, 0)),
                List.of(box(0, 0.9f, 0, 0), box(0, 0.8f, 50, 50), box(0, 0.7f, 100, 0)));

        // Recalls 0 to 0.5 at precision 1, 0.51 to 1 at 2/3.
        double expected = (51 + 50 * 2 / 3.0) / 101;
        assertThat(evaluation.figures().ap50()).isCloseTo(expected, within(EXACT));
        assertThat(evaluation.figures().ap()).isCloseTo(expected, within(EXACT));
        assertThat(evaluation.figures().ar1()).isEqualTo(0.5);
        assertThat(evaluation.figures().ar10()).isEqualTo(1);
    }

    @Test
    void recallThatIsNeverReachedHasPrecision0() {
        CocoEvaluation evaluation = new CocoEvaluation(1);
        evaluation.add(List.of(truth(0, 0, 0), truth(0, 100, 0)), List.of(box(0, 0.9f, 0, 0)));

        assertThat(evaluation.figures().ap50()).isCloseTo(51 / 101.0, within(EXACT));
    }

    @Test
    void aBoxCountsAtTheOverlapsThatItReaches() {
        CocoEvaluation evaluation = new CocoEvaluation(1);
        // 20 x 20 against 20 x 15: an overlap of 0.75 exactly.
        evaluation.add(List.of(truth(0, 0, 0)), List.of(new DetectedBox(0, "thing", 0.9f, 0, 0, 20, 15)));

        assertThat(evaluation.figures().ap75()).isEqualTo(1);
        assertThat(evaluation.figures().ap()).isCloseTo(0.6, within(EXACT));
    }

    @Test
    void theSecondBoxOfAnObjectIsWrong() {
        OperatingPoint answers = new OperatingPoint(1);
        answers.add(List.of(truth(0, 0, 0)), List.of(box(0, 0.8f, 1, 0), box(0, 0.9f, 0, 0)));

        assertThat(answers.of(0)).isEqualTo(new Hits(1, 1, 1));
    }

    @Test
    void whatIsFoundInACrowdIsNeitherRightNorWrongHoweverManyItIs() {
        TrueBox crowd = new TrueBox(0, 100, 0, 100, 100, 10_000, true);
        OperatingPoint answers = new OperatingPoint(1);
        CocoEvaluation evaluation = new CocoEvaluation(1);
        for (List<TrueBox> truths : List.of(List.of(crowd, truth(0, 0, 0)), List.of(crowd))) {
            List<DetectedBox> found = List.of(box(0, 0.9f, 110, 10), box(0, 0.8f, 150, 50), box(0, 0.7f, 0, 0));
            answers.add(truths, found);
            evaluation.add(truths, found);
        }

        assertThat(answers.of(0)).isEqualTo(new Hits(1, 1, 1));
        assertThat(evaluation.figures().ap50()).isEqualTo(1);
    }

    @Test
    void anObjectInACrowdIsTakenBeforeTheCrowd() {
        TrueBox crowd = new TrueBox(0, 0, 0, 200, 200, 40_000, true);
        OperatingPoint answers = new OperatingPoint(1);
        answers.add(List.of(crowd, truth(0, 0, 0)), List.of(new DetectedBox(0, "thing", 0.9f, 0, 0, 20, 12)));

        assertThat(answers.of(0)).isEqualTo(new Hits(1, 1, 0));
    }

    @Test
    void equalScoresChooseInTheOrderTheyCame() {
        DetectedBox near = box(0, 0.5f, 0, 0);
        DetectedBox far = box(0, 0.5f, 4, 0);
        Matching nearFirst = new Matching(List.of(near, far), List.of(truth(0, 0, 0)), 100);
        Matching farFirst = new Matching(List.of(far, near), List.of(truth(0, 0, 0)), 100);

        assertThat(nearFirst.verdicts(0.5, AreaRange.ALL))
                .containsExactly(Matching.Verdict.RIGHT, Matching.Verdict.WRONG);
        assertThat(farFirst.verdicts(0.5, AreaRange.ALL))
                .containsExactly(Matching.Verdict.RIGHT, Matching.Verdict.WRONG);
        assertThat(farFirst.found()).containsExactly(far, near);
    }

    @Test
    void ofTwoObjectsABoxTakesTheOneThatItOverlapsMost() {
        // The first box reaches both, the second only the object that the first overlaps less.
        Matching matching = new Matching(
                List.of(box(0, 0.9f, 2, 0), box(0, 0.8f, 9, 0)), List.of(truth(0, 6, 0), truth(0, 0, 0)), 100);

        assertThat(matching.verdicts(0.5, AreaRange.ALL))
                .containsExactly(Matching.Verdict.RIGHT, Matching.Verdict.RIGHT);
    }

    @Test
    void aBoxOfAnotherClassIsWrongAndItsObjectMissed() {
        OperatingPoint answers = new OperatingPoint(2);
        answers.add(List.of(truth(0, 0, 0)), List.of(box(1, 0.9f, 0, 0)));

        assertThat(answers.of(0)).isEqualTo(new Hits(1, 0, 0));
        assertThat(answers.of(1)).isEqualTo(new Hits(0, 0, 1));
        assertThat(answers.of(AreaRange.ALL)).isEqualTo(new Hits(1, 0, 1));
    }

    @Test
    void objectsAreOfTheSizeOfTheirAreaAndBoxesWithoutObjectsOfTheirOwn() {
        TrueBox thin = new TrueBox(0, 0, 0, 40, 40, 500, false);
        OperatingPoint answers = new OperatingPoint(1);
        answers.add(
                List.of(thin),
                List.of(
                        new DetectedBox(0, "thing", 0.9f, 0, 0, 40, 40),
                        new DetectedBox(0, "thing", 0.8f, 100, 0, 100, 100)));

        assertThat(answers.of(AreaRange.SMALL)).isEqualTo(new Hits(1, 1, 0));
        assertThat(answers.of(AreaRange.MEDIUM)).isEqualTo(new Hits(0, 0, 0));
        assertThat(answers.of(AreaRange.LARGE)).isEqualTo(new Hits(0, 0, 1));
    }

    @Test
    void anEmptyPictureHasOnlyFalseAlarms() {
        OperatingPoint answers = new OperatingPoint(1);
        CocoEvaluation evaluation = new CocoEvaluation(1);
        answers.add(List.of(), List.of(box(0, 0.9f, 0, 0)));
        evaluation.add(List.of(), List.of(box(0, 0.9f, 0, 0)));
        answers.add(List.of(), List.of());
        evaluation.add(List.of(), List.of());

        assertThat(answers.of(0)).isEqualTo(new Hits(0, 0, 1));
        assertThat(answers.of(0).recall()).isZero();
        assertThat(evaluation.figures())
                .isEqualTo(new CocoFigures(null, null, null, null, null, null, null, null, null, null, null, null));
    }

    @Test
    void aFalseAlarmBeforeTheObjectHalvesThePrecisionAndAClassWithoutObjectsIsLeftOut() {
        CocoEvaluation evaluation = new CocoEvaluation(2);
        evaluation.add(List.of(), List.of(box(0, 0.9f, 0, 0), box(1, 0.9f, 0, 0)));
        evaluation.add(List.of(truth(0, 0, 0)), List.of(box(0, 0.8f, 0, 0)));

        assertThat(evaluation.figures().ap50()).isCloseTo(0.5, within(EXACT));
        assertThat(evaluation.ap50(1)).isNull();
    }

    private static TrueBox truth(int category, int x, int y) {
        return new TrueBox(category, x, y, 20, 20, 400, false);
    }

    private static DetectedBox box(int category, float score, int x, int y) {
        return new DetectedBox(category, "thing", score, x, y, 20, 20);
    }

    private static TrueBox truth(JsonNode annotation) {
        double[] box = numbers(annotation);
        return new TrueBox(
                annotation.path("category_id").asInt() / 10 - 1,
                box[0],
                box[1],
                box[2],
                box[3],
                annotation.path("area").asDouble(),
                annotation.path("iscrowd").asInt() == 1);
    }

    private static DetectedBox found(JsonNode detection) {
        double[] box = numbers(detection);
        return new DetectedBox(
                detection.path("category_id").asInt() / 10 - 1,
                "thing",
                (float) detection.path("score").asDouble(),
                (float) box[0],
                (float) box[1],
                (float) box[2],
                (float) box[3]);
    }

    private static double[] numbers(JsonNode box) {
        double[] numbers = new double[4];
        Arrays.setAll(numbers, i -> box.path("bbox").path(i).asDouble());
        return numbers;
    }
}
