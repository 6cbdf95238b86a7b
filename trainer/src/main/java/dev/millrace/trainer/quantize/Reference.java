package dev.millrace.trainer.quantize;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.observe.ImageInput;
import dev.millrace.trainer.observe.ServedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The fp32 model's outputs for some images, which others are compared with. */
final class Reference {
    private final LabelledImages images;
    private final ImageInput input;
    private final boolean labelled;
    private final boolean logits;
    private final List<Batch> batches = new ArrayList<>();

    /** Outputs of the images from {@code from} on; {@code rows} of them, those beyond the last image repeated ones. */
    private record Batch(int from, int rows, Map<String, float[]> outputs) {}

    /**
     * Runs the model.
     *
     * @param logits whether its one output is a row of logits per image
     * @param labelled whether the images' labels are those of the logits
     */
    Reference(ModelProto fp32, ImageInput input, LabelledImages images, boolean logits, boolean labelled) {
        this.images = images;
        this.input = input;
        this.logits = logits;
        this.labelled = logits && labelled;
        try (ServedModel model = new ServedModel(fp32, input)) {
            model.run(
                    images,
                    (from, outputs) -> batches.add(new Batch(
                            from,
                            input.fixedBatch() == 0
                                    ? Math.min(model.batch(), images.size() - from)
                                    : input.fixedBatch(),
                            outputs)));
        }
    }

    /** The fp32 model beside itself. */
    Closeness own() {
        Tally tally = new Tally();
        batches.forEach(batch -> tally.add(batch, batch.outputs()));
        return tally.closeness();
    }

    /** Runs another model and compares. */
    Closeness compare(ModelProto other) {
        Tally tally = new Tally();
        try (ServedModel model = new ServedModel(other, input)) {
            batches.forEach(batch -> tally.add(batch, model.outputs(images, batch.from())));
        }
        return tally.closeness();
    }

    private final class Tally {
        private final Map<String, double[]> powers = new TreeMap<>();
        private int seen;
        private int right;
        private int agreeing;

        void add(Batch batch, Map<String, float[]> actual) {
            batch.outputs().forEach((output, expected) -> {
                float[] found = actual.getOrDefault(output, new float[0]);
                addPower(powers.computeIfAbsent(output, o -> new double[2]), expected, found);
                if (logits) {
                    addRows(batch, expected, found);
                }
            });
        }

        private void addPower(double[] power, float[] expected, float[] found) {
            for (int i = 0; i < expected.length; i++) {
                double noise = expected[i] - (i < found.length ? found[i] : Double.NaN);
                power[0] += (double) expected[i] * expected[i];
                power[1] += noise * noise;
            }
        }

        private void addRows(Batch batch, float[] expected, float[] found) {
            int classes = expected.length / batch.rows();
            int n = Math.min(batch.rows(), images.size() - batch.from());
            for (int i = 0; i < n; i++) {
                int answer = best(found, i * classes, classes);
                agreeing += answer == best(expected, i * classes, classes) ? 1 : 0;
                right += labelled && answer == images.label(batch.from() + i) ? 1 : 0;
            }
            seen += n;
        }

        Closeness closeness() {
            double worst = powers.values().stream()
                    .mapToDouble(power -> Closeness.sqnrDb(power[0], power[1]))
                    .min()
                    .orElse(Double.NaN);
            return new Closeness(
                    labelled ? (double) right / seen : Double.NaN,
                    logits ? (double) agreeing / seen : Double.NaN,
                    worst);
        }
    }

    private static int best(float[] values, int from, int count) {
        int best = 0;
        for (int c = 1; c < count; c++) {
            best = values[from + c] > values[from + best] ? c : best;
        }
        return best;
    }
}
