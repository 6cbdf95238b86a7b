package dev.millrace.worker.infer;

import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.decode.Placement;
import dev.millrace.worker.model.InferenceFailedException;
import dev.millrace.worker.model.ModelOutput;
import dev.millrace.worker.model.ModelSpec;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A class for each pixel of the image: the best score of the place of the output that its centre lies in. An output of one channel is a
 * logit that the second of two labels is there. Where the image has more pixels than {@code pixels.most}, the map has fewer, of the same
 * proportions. Belongs to one thread.
 */
final class SegmentationHead implements TaskHead {
    /** A map's values are bytes. */
    private static final int MOST_LABELS = 256;

    private final PixelShape canvas;
    private final List<String> labels;
    private final int classes;
    private final int height;
    private final int width;
    private final int classStep;
    private final int placeStep;
    private final int mostPixels;
    private final float[] scores;
    private final byte[] best;
    private final GreyPng png = new GreyPng();

    private enum Layout {
        CHW,
        HWC
    }

    /** @throws IllegalArgumentException if the spec's parameters are none that it takes, or its output is no map of its labels */
    SegmentationHead(ModelSpec spec) {
        HeadParameters parameters = new HeadParameters(spec.head());
        boolean planes = parameters.choice("layout", Layout.CHW) == Layout.CHW;
        mostPixels = parameters.whole("pixels.most", 1 << 20, 1, 1 << 26);
        parameters.requireNoOthers();
        canvas = spec.pixels();
        labels = spec.labels();
        int names = labels.size();
        if (names > MOST_LABELS) {
            throw HeadParameters.wrong("labels", names, "at most " + MOST_LABELS);
        }
        ModelOutput output = spec.outputs().get(0);
        List<Integer> shape = output.shape();
        classes = shape.size() == 3 ? shape.get(planes ? 0 : 2) : 0;
        if (spec.outputs().size() != 1 || (classes != names && !(classes == 1 && names == 2))) {
            throw HeadParameters.wrong(
                    "outputs",
                    spec.outputs(),
                    (planes ? "one of [" + names + ", height, width]" : "one of [height, width, " + names + "]")
                            + ", as there are labels");
        }
        height = shape.get(planes ? 1 : 0);
        width = shape.get(planes ? 2 : 1);
        classStep = planes ? height * width : 1;
        placeStep = planes ? 1 : classes;
        scores = new float[output.values()];
        best = new byte[height * width];
    }

    @Override
    public Answer.LabelMap answer(List<FloatBuffer> batch, int row, Placement placement) {
        batch.get(0).get(row * scores.length, scores);
        rank();
        double pixels = (double) placement.imageWidth() * placement.imageHeight();
        double shrink = Math.min(1, Math.sqrt(mostPixels / pixels));
        int mapWidth = Math.max(1, (int) (placement.imageWidth() * shrink));
        int mapHeight = Math.max(1, (int) (placement.imageHeight() * shrink));
        int[] columns =
                places(mapWidth, placement.imageWidth(), placement.scaleX(), placement.left(), width, canvas.width());
        int[] rows = places(
                mapHeight, placement.imageHeight(), placement.scaleY(), placement.top(), height, canvas.height());
        byte[] map = new byte[mapWidth * mapHeight];
        int[] pixelsOf = new int[MOST_LABELS];
        for (int y = 0, to = 0; y < mapHeight; y++) {
            int from = rows[y] * width;
            for (int x = 0; x < mapWidth; x++) {
                byte index = best[from + columns[x]];
                pixelsOf[index & 0xFF]++;
                map[to++] = index;
            }
        }
        return new Answer.LabelMap(mapWidth, mapHeight, labels, counts(pixelsOf), png.encode(map, mapWidth, mapHeight));
    }

    private Map<String, Integer> counts(int[] pixelsOf) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        for (int k = 0; k < labels.size(); k++) {
            if (pixelsOf[k] > 0) {
                counts.merge(labels.get(k), pixelsOf[k], Integer::sum);
            }
        }
        return Answer.mostFirst(counts);
    }

    /** The class of each place of the output. */
    private void rank() {
        if (classes == 1) {
            for (int place = 0; place < best.length; place++) {
                best[place] = (byte) (finite(place) > 0 ? 1 : 0);
            }
            return;
        }
        Arrays.fill(best, (byte) 0);
        for (int place = 0; place < best.length; place++) {
            int at = place * placeStep;
            float highest = finite(at);
            for (int k = 1; k < classes; k++) {
                float score = finite(at + k * classStep);
                if (score > highest) {
                    highest = score;
                    best[place] = (byte) k;
                }
            }
        }
    }

    private float finite(int at) {
        float score = scores[at];
        if (!Float.isFinite(score)) {
            throw new InferenceFailedException("score, number " + at + ": " + score + " (expected: a finite number)");
        }
        return score;
    }

    /** Along one axis: for each pixel of the map, the place of the output that its centre lies in; what was cut off has its neighbour's. */
    private static int[] places(int map, int image, double scale, double offset, int output, int canvas) {
        int[] places = new int[map];
        for (int i = 0; i < map; i++) {
            double onCanvas = (i + 0.5) * image / map * scale + offset;
            places[i] = Math.max(0, Math.min(output - 1, (int) Math.floor(onCanvas * output / canvas)));
        }
        return places;
    }
}
