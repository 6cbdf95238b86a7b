package dev.millrace.worker.infer;

import static dev.millrace.worker.infer.Detectors.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.worker.model.ModelOutput;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each decoding beside one that is written down as its paper or its exporter's own code has it, one box at a time. */
final class BoxDecodingsTest {

    private static final int WIDTH = 96;
    private static final int HEIGHT = 64;
    private static final double THRESHOLD = 0.4;

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);

    /** A box of the reference. */
    private record Expected(int index, double score, double left, double top, double right, double bottom) {

        static Expected around(int index, double score, double x, double y, double width, double height) {
            return new Expected(index, score, x - width / 2, y - height / 2, x + width / 2, y + height / 2);
        }
    }

    @ParameterizedTest
    @CsvSource({"corners, pixels, none", "corners-yx, canvas, first", "centre, canvas, last", "centre, pixels, first"})
    void decodedBoxesAreReadAsTheyAre(String format, String unit, String background) {
        int n = 200;
        int columns = background.equals("none") ? 3 : 4;
        float[][] scores = probabilities(n, columns);
        float[][] boxes = new float[n][4];
        double scaleX = unit.equals("canvas") ? WIDTH : 1;
        double scaleY = unit.equals("canvas") ? HEIGHT : 1;
        List<Expected> expected = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            double x = uniform(0, WIDTH) / scaleX;
            double y = uniform(0, HEIGHT) / scaleY;
            double w = uniform(1, 50) / scaleX;
            double h = uniform(1, 50) / scaleY;
            double[] box =
                    switch (format) {
                        case "corners" -> new double[] {x, y, x + w, y + h};
                        case "corners-yx" -> new double[] {y, x, y + h, x + w};
                        default -> new double[] {x + w / 2, y + h / 2, w, h};
                    };
            for (int k = 0; k < 4; k++) {
                boxes[i][k] = (float) box[k];
            }
            int from = background.equals("first") ? 1 : 0;
            int best = best(scores[i], from, from + 3);
            expected.add(new Expected(
                    best - from, scores[i][best], x * scaleX, y * scaleY, (x + w) * scaleX, (y + h) * scaleY));
        }
        Map<String, String> head =
                Map.of("decoding", "boxes", "format", format, "unit", unit, "background", background);
        same(
                head,
                3,
                List.of(output("scores", n, columns), output("boxes", n, 4)),
                expected,
                rows(scores),
                rows(boxes));
    }

    @Test
    void yolov5MultipliesObjectnessAndClass() {
        int n = 300;
        float[][] table = probabilities(n, 5 + 4);
        List<Expected> expected = new ArrayList<>();
        for (float[] row : table) {
            centre(row, 0);
            int best = best(row, 5, 9);
            expected.add(Expected.around(best - 5, row[4] * row[best], row[0], row[1], row[2], row[3]));
        }
        same(Map.of("decoding", "yolov5"), 4, List.of(output("output0", n, 9)), expected, rows(table));
    }

    @Test
    void yolov8HasItsBoxesInColumns() {
        int n = 300;
        float[][] table = probabilities(n, 4 + 5);
        List<Expected> expected = new ArrayList<>();
        for (float[] row : table) {
            centre(row, 0);
            int best = best(row, 4, 9);
            expected.add(Expected.around(best - 4, row[best], row[0], row[1], row[2], row[3]));
        }
        same(Map.of("decoding", "yolov8"), 5, List.of(output("output0", 9, n)), expected, columns(table));
    }

    @Test
    void listedBoxesNameTheirClass() {
        int n = 50;
        float[][] table = probabilities(n, 6);
        List<Expected> expected = new ArrayList<>();
        for (float[] row : table) {
            float x = (float) uniform(0, WIDTH);
            float y = (float) uniform(0, HEIGHT);
            row[0] = x;
            row[1] = y;
            row[2] = x + (float) uniform(1, 30);
            row[3] = y + (float) uniform(1, 30);
            row[5] = random.nextInt(7);
            expected.add(new Expected((int) row[5], row[4], x, y, row[2], row[3]));
        }
        same(Map.of("decoding", "listed"), 7, List.of(output("output0", n, 6)), expected, rows(table));
    }

    @Test
    void ssdMovesAndScalesItsPriors() {
        double[][] sizes = {{10, 16}, {32}};
        int[] strides = {16, 32};
        double[] ratios = {1, 4};
        List<double[]> priors = new ArrayList<>();
        for (int level = 0; level < 2; level++) {
            for (int y = 0; y < HEIGHT / strides[level]; y++) {
                for (int x = 0; x < WIDTH / strides[level]; x++) {
                    for (double size : sizes[level]) {
                        for (double ratio : ratios) {
                            priors.add(new double[] {
                                (x + 0.5) * strides[level],
                                (y + 0.5) * strides[level],
                                size * Math.sqrt(ratio),
                                size / Math.sqrt(ratio)
                            });
                        }
                    }
                }
            }
        }
        int n = priors.size();
        float[][] scores = gaussians(n, 4, 2);
        float[][] offsets = gaussians(n, 4, 1);
        List<Expected> expected = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            double[] prior = priors.get(i);
            float[] t = offsets[i];
            double[] softmax = softmax(scores[i], 0, 4);
            int best = best(scores[i], 1, 4);
            expected.add(Expected.around(
                    best - 1,
                    softmax[best],
                    prior[0] + t[0] * 0.1 * prior[2],
                    prior[1] + t[1] * 0.1 * prior[3],
                    prior[2] * Math.exp(0.2 * t[2]),
                    prior[3] * Math.exp(0.2 * t[3])));
        }
        Map<String, String> head = Map.of(
                "decoding", "ssd", "background", "first", "strides", "16,32", "sizes", "10, 16; 32", "ratios", "1,4");
        same(head, 3, List.of(output("scores", n, 4), output("boxes", n, 4)), expected, rows(scores), rows(offsets));
    }

    @ParameterizedTest
    @ValueSource(strings = {"v3", "v5"})
    void yoloWithAnchorsReadsItsFeatureMaps(String formula) {
        double[][] anchors = {{10, 13, 16, 30}, {30, 61, 62, 45}};
        int[] strides = {16, 32};
        List<ModelOutput> outputs = new ArrayList<>();
        List<float[]> values = new ArrayList<>();
        List<Expected> expected = new ArrayList<>();
        for (int level = 0; level < 2; level++) {
            int rows = HEIGHT / strides[level];
            int columns = WIDTH / strides[level];
            float[][] table = gaussians(2 * rows * columns, 5 + 3, 2);
            for (int i = 0; i < table.length; i++) {
                float[] t = table[i];
                int anchor = i / (rows * columns);
                int x = i % (rows * columns) % columns;
                int y = i % (rows * columns) / columns;
                double aw = anchors[level][2 * anchor];
                double ah = anchors[level][2 * anchor + 1];
                int best = best(t, 5, 8);
                boolean v3 = formula.equals("v3");
                expected.add(Expected.around(
                        best - 5,
                        sigmoid(t[4]) * sigmoid(t[best]),
                        (x + (v3 ? sigmoid(t[0]) : 2 * sigmoid(t[0]) - 0.5)) * strides[level],
                        (y + (v3 ? sigmoid(t[1]) : 2 * sigmoid(t[1]) - 0.5)) * strides[level],
                        aw * (v3 ? Math.exp(t[2]) : Math.pow(2 * sigmoid(t[2]), 2)),
                        ah * (v3 ? Math.exp(t[3]) : Math.pow(2 * sigmoid(t[3]), 2))));
            }
            if (level == 0) {
                outputs.add(output("map" + level, 2, rows, columns, 8));
                values.add(rows(table));
            } else {
                // As convolutions give them: a channel for each anchor and value.
                outputs.add(output("map" + level, 16, rows, columns));
                float[] joined = new float[table.length * 8];
                for (int i = 0; i < table.length; i++) {
                    for (int k = 0; k < 8; k++) {
                        joined[(i / (rows * columns) * 8 + k) * rows * columns + i % (rows * columns)] = table[i][k];
                    }
                }
                values.add(joined);
            }
        }
        Map<String, String> head = Map.of(
                "decoding", "yolo-anchors",
                "outputs", "map0, map1",
                "strides", "16,32",
                "anchors", "10,13, 16,30; 30,61, 62,45",
                "formula", formula);
        same(head, 3, outputs, expected, values.toArray(float[][]::new));
    }

    @Test
    void yoloxMovesFromItsCells() {
        List<int[]> cells = cells(8, 32);
        float[][] table = probabilities(cells.size(), 5 + 2);
        List<Expected> expected = new ArrayList<>();
        for (int i = 0; i < table.length; i++) {
            float[] t = table[i];
            int[] cell = cells.get(i);
            int best = best(t, 5, 7);
            expected.add(Expected.around(
                    best - 5,
                    t[4] * t[best],
                    (cell[0] + t[0]) * cell[2],
                    (cell[1] + t[1]) * cell[2],
                    Math.exp(t[2]) * cell[2],
                    Math.exp(t[3]) * cell[2]));
        }
        same(
                Map.of("decoding", "yolox", "strides", "8,32"),
                2,
                List.of(output("output", table.length, 7)),
                expected,
                rows(table));
    }

    @Test
    void fastestDetHasABoxInEachCell() {
        List<int[]> cells = cells(16);
        float[][] table = probabilities(cells.size(), 5 + 6);
        List<Expected> expected = new ArrayList<>();
        for (int i = 0; i < table.length; i++) {
            float[] t = table[i];
            for (int k = 1; k < 5; k++) {
                t[k] = (float) random.nextGaussian();
            }
            int best = best(t, 5, 11);
            expected.add(Expected.around(
                    best - 5,
                    Math.pow(t[0], 0.6) * Math.pow(t[best], 0.4),
                    (cells.get(i)[0] + Math.tanh(t[1])) / (WIDTH / 16) * WIDTH,
                    (cells.get(i)[1] + Math.tanh(t[2])) / (HEIGHT / 16) * HEIGHT,
                    sigmoid(t[3]) * WIDTH,
                    sigmoid(t[4]) * HEIGHT));
        }
        same(
                Map.of("decoding", "cells", "stride", "16"),
                6,
                List.of(output("758", 11, HEIGHT / 16, WIDTH / 16)),
                expected,
                columns(table));
    }

    @Test
    void fcosCountsFromTheMiddleOfACell() {
        List<ModelOutput> outputs = new ArrayList<>();
        List<float[]> values = new ArrayList<>();
        List<Expected> expected = new ArrayList<>();
        for (int stride : new int[] {8, 16}) {
            List<int[]> cells = cells(stride);
            float[][] scores = gaussians(cells.size(), 3, 2);
            float[][] boxes = probabilities(cells.size(), 4);
            float[][] centreness = gaussians(cells.size(), 1, 2);
            for (int i = 0; i < cells.size(); i++) {
                double x = (cells.get(i)[0] + 0.5) * stride;
                double y = (cells.get(i)[1] + 0.5) * stride;
                int best = best(scores[i], 0, 3);
                double score = Math.sqrt(sigmoid(scores[i][best]) * sigmoid(centreness[i][0]));
                expected.add(new Expected(
                        best,
                        score,
                        x - boxes[i][0] * stride,
                        y - boxes[i][1] * stride,
                        x + boxes[i][2] * stride,
                        y + boxes[i][3] * stride));
            }
            int rows = HEIGHT / stride;
            int columns = WIDTH / stride;
            outputs.addAll(List.of(
                    output("c" + stride, 3, rows, columns),
                    output("b" + stride, 4, rows, columns),
                    output("o" + stride, 1, rows, columns)));
            values.addAll(List.of(columns(scores), columns(boxes), columns(centreness)));
        }
        Map<String, String> head = Map.of(
                "decoding", "distance",
                "strides", "8,16",
                "scores", "c8,c16",
                "boxes", "b8,b16",
                "objectness", "o8,o16",
                "activation", "sigmoid",
                "objectness.power", "0.5",
                "class.power", "0.5");
        same(head, 3, outputs, expected, values.toArray(float[][]::new));
    }

    @Test
    void nanoDetHasADistributionOfEachDistance() {
        int bins = 8;
        List<int[]> cells = cells(8, 16);
        float[][] table = gaussians(cells.size(), 5 + 4 * bins, 2);
        List<Expected> expected = new ArrayList<>();
        for (int i = 0; i < table.length; i++) {
            float[] t = table[i];
            for (int k = 0; k < 5; k++) {
                t[k] = random.nextFloat();
            }
            double[] distance = new double[4];
            for (int side = 0; side < 4; side++) {
                double[] softmax = softmax(t, 5 + side * bins, 5 + (side + 1) * bins);
                for (int bin = 0; bin < bins; bin++) {
                    distance[side] += bin * softmax[bin] * cells.get(i)[2];
                }
            }
            double x = cells.get(i)[0] * cells.get(i)[2];
            double y = cells.get(i)[1] * cells.get(i)[2];
            int best = best(t, 0, 5);
            expected.add(
                    new Expected(best, t[best], x - distance[0], y - distance[1], x + distance[2], y + distance[3]));
        }
        Map<String, String> head = Map.of(
                "decoding", "distance", "strides", "8,16", "bins", "8", "point", "0", "scores", "out", "boxes", "out");
        same(head, 5, List.of(output("out", table.length, 5 + 4 * bins)), expected, rows(table));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "decoding=yolov9| decoding: yolov9 (expected: one of [boxes, cells, distance,",
                "threshold=0.5| decoding: absent (expected: how boxes are coded, such as yolov8)",
                "decoding=yolov8,treshold=0.5| treshold: 0.5 (expected: one of activation, background,",
                "decoding=yolov8,threshold=high| threshold: high (expected: a number)",
                "decoding=yolov8,threshold=1.5| threshold: 1.5 (expected: a number from 0.001 to 0.999)",
                "decoding=yolov8,nms=both| nms: both (expected: one of class, all, none)",
                "decoding=yolov8,output=boxes| output: boxes (expected: one of the outputs [out])",
                "decoding=yolov5| output: out[7, 50] (expected: an axis of 8 values for each box)",
                "decoding=yolox| output: out[7, 50] (expected: an axis of 8 values for each box)",
                "decoding=ssd| output: out[7, 50] (expected: an axis of 3 values for each box)",
                "decoding=distance| strides: absent (expected: numbers, such as 8,16,32)",
            })
    void parametersThatDoNotFitAreRefusedWithWhatWouldFit(String parameters, String message) {
        Map<String, String> head = new HashMap<>();
        for (String parameter : parameters.split(",")) {
            head.put(parameter.split("=")[0], parameter.split("=")[1]);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> new DetectionHead(Detectors.spec(WIDTH, HEIGHT, 3, head, List.of(output("out", 7, 50)))))
                .withMessageStartingWith(message);
    }

    @Test
    void outputsThatTheStridesDoNotAccountForAreRefused() {
        Map<String, String> head = Map.of("decoding", "yolox", "strides", "8,16");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> new DetectionHead(Detectors.spec(WIDTH, HEIGHT, 3, head, List.of(output("out", 100, 8)))))
                .withMessage("output: out of 100 boxes (expected: 120, by the strides)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "yolox| 0.001| strides: 0.001 (expected: pixels, from 1)",
                "yolox| 1| output: out of 50 boxes (expected: 256000000, by the strides)",
                "yolox| 0| strides: 0 (expected: numbers above 0, such as 8,16,32)",
            })
    void noParameterAsksForMoreMemoryThanTheOutputs(String decoding, String strides, String message) {
        Map<String, String> head = Map.of("decoding", decoding, "strides", strides);
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> new DetectionHead(Detectors.spec(16_000, 16_000, 3, head, List.of(output("out", 50, 8)))))
                .withMessage(message);
    }

    /** Columns, rows and stride of all cells, in order. */
    private static List<int[]> cells(int... strides) {
        List<int[]> cells = new ArrayList<>();
        for (int stride : strides) {
            for (int y = 0; y < HEIGHT / stride; y++) {
                for (int x = 0; x < WIDTH / stride; x++) {
                    cells.add(new int[] {x, y, stride});
                }
            }
        }
        return cells;
    }

    private void same(
            Map<String, String> head, int classes, List<ModelOutput> outputs, List<Expected> all, float[]... values) {
        Map<String, String> parameters = new HashMap<>(head);
        parameters.put("threshold", String.valueOf(THRESHOLD));
        parameters.put("nms", "none");
        parameters.put("nms.candidates", "10000");
        parameters.put("boxes.most", "10000");
        List<DetectedBox> found = Detectors.find(Detectors.spec(WIDTH, HEIGHT, classes, parameters, outputs), values);
        List<Expected> expected = new ArrayList<>();
        for (Expected box : all) {
            double left = Math.max(0, box.left());
            double top = Math.max(0, box.top());
            double right = Math.min(WIDTH, box.right());
            double bottom = Math.min(HEIGHT, box.bottom());
            if (box.score() >= THRESHOLD && right > left && bottom > top) {
                expected.add(new Expected(box.index(), box.score(), left, top, right, bottom));
            }
        }
        expected.sort(Comparator.comparingDouble(box -> -box.score()));
        assertThat(found).as("seed %d", seed).hasSameSizeAs(expected).hasSizeGreaterThan(3);
        for (int i = 0; i < found.size(); i++) {
            DetectedBox box = found.get(i);
            Expected wanted = expected.get(i);
            String what = "seed " + seed + ", box " + i + ": " + box + " for " + wanted;
            assertThat(box.index()).as(what).isEqualTo(wanted.index());
            assertThat(box.label()).isEqualTo("class " + wanted.index());
            assertThat((double) box.score()).as(what).isCloseTo(wanted.score(), within(1e-5));
            assertThat((double) box.x()).as(what).isCloseTo(wanted.left(), within(1e-3));
            assertThat((double) box.y()).as(what).isCloseTo(wanted.top(), within(1e-3));
            assertThat((double) box.x() + box.width()).as(what).isCloseTo(wanted.right(), within(1e-3));
            assertThat((double) box.y() + box.height()).as(what).isCloseTo(wanted.bottom(), within(1e-3));
        }
    }

    private double uniform(double from, double to) {
        return from + (to - from) * random.nextDouble();
    }

    /** Centre and size in pixels. */
    private void centre(float[] row, int at) {
        row[at] = (float) uniform(0, WIDTH);
        row[at + 1] = (float) uniform(0, HEIGHT);
        row[at + 2] = (float) uniform(1, 40);
        row[at + 3] = (float) uniform(1, 40);
    }

    private float[][] probabilities(int n, int columns) {
        float[][] table = new float[n][columns];
        for (float[] row : table) {
            for (int k = 0; k < columns; k++) {
                row[k] = random.nextFloat();
            }
        }
        return table;
    }

    private float[][] gaussians(int n, int columns, double sigma) {
        float[][] table = new float[n][columns];
        for (float[] row : table) {
            for (int k = 0; k < columns; k++) {
                row[k] = (float) (sigma * random.nextGaussian());
            }
        }
        return table;
    }

    private static float[] rows(float[][] table) {
        int columns = table[0].length;
        float[] values = new float[table.length * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = table[i / columns][i % columns];
        }
        return values;
    }

    private static float[] columns(float[][] table) {
        float[] values = new float[table.length * table[0].length];
        for (int i = 0; i < values.length; i++) {
            values[i] = table[i % table.length][i / table.length];
        }
        return values;
    }

    private static int best(float[] row, int from, int to) {
        int best = from;
        for (int k = from; k < to; k++) {
            best = row[k] > row[best] ? k : best;
        }
        return best;
    }

    private static double sigmoid(double value) {
        return 1 / (1 + Math.exp(-value));
    }

    private static double[] softmax(float[] row, int from, int to) {
        double[] softmax = new double[to - from];
        double sum = 0;
        for (int k = from; k < to; k++) {
            sum += Math.exp(row[k]);
        }
        for (int k = from; k < to; k++) {
            softmax[k - from] = Math.exp(row[k]) / sum;
        }
        return softmax;
    }
}
