package dev.millrace.worker.infer;

import java.util.List;

/**
 * What a model says of one image.
 *
 * @param labels best first
 * @param decodeNanos encoded bytes to pixels in the batch buffer
 * @param inferNanos the session run of the whole batch that the image was in, and the task head of this image
 */
public record Prediction(List<ScoredLabel> labels, long decodeNanos, long inferNanos) {

    /** The best label. */
    public ScoredLabel top() {
        return labels.get(0);
    }
}
