package dev.millrace.worker.infer;

import dev.millrace.worker.decode.Placement;
import dev.millrace.worker.model.InferenceFailedException;
import dev.millrace.worker.model.ModelSpec;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Each label by itself: those whose score, the sigmoid of a logit, reaches the threshold, the best first. Belongs to one thread.
 */
final class MultiLabelHead implements TaskHead {
    private static final Comparator<ScoredLabel> BEST_FIRST =
            Comparator.comparingDouble(ScoredLabel::score).reversed().thenComparing(ScoredLabel::index);

    private final List<String> labels;
    private final float threshold;
    private final boolean logits;
    private final float[] outputs;

    private enum Activation {
        SIGMOID,
        NONE
    }

    /** @throws IllegalArgumentException if the spec's parameters are none that it takes */
    MultiLabelHead(ModelSpec spec) {
        HeadParameters parameters = new HeadParameters(spec.head());
        labels = spec.labels();
        threshold = parameters.number("threshold", 0.5f, 0, 1);
        logits = parameters.choice("activation", Activation.SIGMOID) == Activation.SIGMOID;
        parameters.requireNoOthers();
        outputs = new float[labels.size()];
    }

    @Override
    public Answer.Labels answer(List<FloatBuffer> batch, int row, Placement placement) {
        batch.get(0).get(row * outputs.length, outputs);
        List<ScoredLabel> found = new ArrayList<>();
        for (int i = 0; i < outputs.length; i++) {
            if (!Float.isFinite(outputs[i])) {
                throw new InferenceFailedException(
                        "output of " + labels.get(i) + ": " + outputs[i] + " (expected: a finite number)");
            }
            float score = logits ? (float) (1 / (1 + Math.exp(-outputs[i]))) : outputs[i];
            if (score >= threshold) {
                found.add(new ScoredLabel(i, labels.get(i), score));
            }
        }
        found.sort(BEST_FIRST);
        return new Answer.Labels(found);
    }
}
