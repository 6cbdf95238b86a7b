package dev.millrace.worker.infer;

import dev.millrace.worker.decode.Placement;
import java.util.List;

/**
 * What a model says of one image.
 *
 * @param answer what, by the model's task
 * @param placement where the image lay on the model's canvas
 * @param decodeNanos encoded bytes to pixels in the batch buffer
 * @param inferNanos the session run of the whole batch that the image was in, and the task head of this image
 */
public record Prediction(Answer answer, Placement placement, long decodeNanos, long inferNanos) {

    /**
     * What a classifier says: the best first.
     *
     * @throws IllegalStateException if the model is none
     */
    public List<ScoredLabel> labels() {
        return labelsOf(answer);
    }

    /** The best of {@link #labels()}. */
    public ScoredLabel top() {
        return labels().get(0);
    }

    static List<ScoredLabel> labelsOf(Answer answer) {
        if (answer instanceof Answer.Labels labels) {
            return labels.best();
        }
        throw new IllegalStateException(
                "answer: " + answer.getClass().getSimpleName() + " (expected: Labels, of a classifier)");
    }
}
