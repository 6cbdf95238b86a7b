package dev.millrace.worker.infer;

import dev.millrace.worker.decode.Placement;
import dev.millrace.worker.model.InferenceFailedException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Logits to the best labels: softmax, shifted by the largest logit so that no exponential overflows, then the top k.
 * Equal scores go by class index. Belongs to one thread.
 */
final class ClassificationHead implements TaskHead {

    private final List<String> labels;
    private final float[] logits;
    /** Classes found so far, best first. */
    private final int[] best;

    ClassificationHead(List<String> labels, int topK) {
        this.labels = labels;
        this.logits = new float[labels.size()];
        this.best = new int[Math.min(topK, labels.size())];
    }

    @Override
    public Answer.Labels answer(List<FloatBuffer> outputs, int row, Placement placement) {
        outputs.get(0).get(row * logits.length, logits);
        rank();
        float max = logits[best[0]];
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp((double) logit - max);
        }
        List<ScoredLabel> top = new ArrayList<>(best.length);
        for (int index : best) {
            float score = (float) (Math.exp((double) logits[index] - max) / sum);
            top.add(new ScoredLabel(index, labels.get(index), score));
        }
        return new Answer.Labels(top);
    }

    /** Insertion into the few best: for small k quicker than sorting all classes. */
    private void rank() {
        int found = 0;
        for (int i = 0; i < logits.length; i++) {
            float logit = logits[i];
            if (!Float.isFinite(logit)) {
                throw new InferenceFailedException(
                        "logit of " + labels.get(i) + ": " + logit + " (expected: a finite number)");
            }
            if (found == best.length && logit <= logits[best[found - 1]]) {
                continue;
            }
            int at = found < best.length ? found++ : found - 1;
            for (; at > 0 && logits[best[at - 1]] < logit; at--) {
                best[at] = best[at - 1];
            }
            best[at] = i;
        }
    }
}
