package dev.millrace.trainer.evaluate;

import dev.millrace.trainer.onnx.PixelInput;

/**
 * How a model is measured.
 *
 * @param input for a model that does not say it itself
 * @param flip also with test-time flip, see {@link FlipAverage}
 * @param batch images in one session run, at least 1; a graph of fixed batch may take fewer
 */
public record EvaluationOptions(Metrics metrics, PixelInput input, boolean flip, int batch) {
    /** F1, models that describe themselves, no flip, batches of 8. */
    public static final EvaluationOptions DEFAULT =
            new EvaluationOptions(Metrics.DEFAULT, PixelInput.AS_THE_MODEL_SAYS, false, 8);
}
