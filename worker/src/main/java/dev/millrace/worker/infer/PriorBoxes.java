package dev.millrace.worker.infer;

import dev.millrace.worker.infer.ClassScores.Activation;
import dev.millrace.worker.infer.ClassScores.Columns;
import java.util.ArrayList;
import java.util.List;

/**
 * Offsets from boxes that are known before (priors, default boxes): Liu et al., "SSD: Single Shot MultiBox Detector",
 * 2016, equation 2, with the variances of its implementations. A prior's centre is its cell's; a cell has one for each of its
 * sizes and ratios.
 */
final class PriorBoxes implements BoxDecoding {

    private final Table offsets;
    private final float centreVariance;
    private final float sizeVariance;
    /** Centre, width and height of each, in pixels of the canvas. */
    private final float[][] priors;

    private PriorBoxes(Detector detector, Table offsets) {
        this.offsets = offsets;
        HeadParameters parameters = detector.parameters();
        this.centreVariance = parameters.number("variance.centre", 0.1f, 0, 100);
        this.sizeVariance = parameters.number("variance.size", 0.2f, 0, 100);
        float[] strides = parameters.numbers("strides", "8,16,32");
        List<float[]> sizes = parameters.groups("sizes", "16,32;64,128;256,512, a group for each stride");
        float[] ratios = parameters.has("ratios") ? parameters.numbers("ratios", "1,2,0.5") : new float[] {1};
        if (sizes.size() != strides.length) {
            throw HeadParameters.wrong("sizes", sizes.size() + " groups", strides.length + ", one for each stride");
        }
        List<float[]> all = new ArrayList<>();
        for (int i = 0; i < strides.length; i++) {
            Cells cells = new Cells(detector.canvas(), new float[] {strides[i]}, 1, offsets);
            long own = (long) cells.places() * sizes.get(i).length * ratios.length;
            if (all.size() + own > offsets.places()) {
                throw tooFewOrMany(offsets, all.size() + own);
            }
            for (int cell = 0; cell < cells.places(); cell++) {
                float x = (cells.x(cell) + 0.5f) * strides[i];
                float y = (cells.y(cell) + 0.5f) * strides[i];
                for (float size : sizes.get(i)) {
                    for (float ratio : ratios) {
                        float root = (float) Math.sqrt(ratio);
                        all.add(new float[] {x, y, size * root, size / root});
                    }
                }
            }
        }
        this.priors = all.toArray(float[][]::new);
        if (offsets.places() != priors.length) {
            throw tooFewOrMany(offsets, priors.length);
        }
    }

    private static IllegalArgumentException tooFewOrMany(Table offsets, long expected) {
        return HeadParameters.wrong(
                "output", offsets + " of " + offsets.places() + " boxes", expected + ", by strides, sizes and ratios");
    }

    static List<Level> levels(Detector detector) {
        Columns columns = detector.columns(0);
        Table scores = detector.table(detector.output("scores"), columns.all());
        Table offsets = detector.table(detector.output("boxes"), 4);
        PriorBoxes boxes = new PriorBoxes(detector, offsets);
        if (scores.places() != offsets.places()) {
            throw HeadParameters.wrong(
                    "output", scores + " of " + scores.places() + " boxes", offsets.places() + ", as " + offsets);
        }
        return List.of(
                new Level(List.of(scores, offsets), detector.scores(scores, columns, Activation.SOFTMAX), boxes));
    }

    @Override
    public void decode(int place, Corners into) {
        float[] prior = priors[place];
        into.around(
                prior[0] + offsets.get(place, 0) * centreVariance * prior[2],
                prior[1] + offsets.get(place, 1) * centreVariance * prior[3],
                (float) (prior[2] * Math.exp(offsets.get(place, 2) * sizeVariance)),
                (float) (prior[3] * Math.exp(offsets.get(place, 3) * sizeVariance)));
    }
}
