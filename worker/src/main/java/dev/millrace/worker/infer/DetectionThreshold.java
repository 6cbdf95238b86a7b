package dev.millrace.worker.infer;

import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.model.Task;

/** The score from which on a detector's boxes count: {@code threshold} of its head. Stateless. */
public final class DetectionThreshold {

    /** The lowest that there is: what average precision is computed from. */
    public static final float LEAST = 0.001f;

    private static final String KEY = "threshold";
    private static final float DEFAULT = 0.25f;
    private static final float MOST = 0.999f;

    private DetectionThreshold() {}

    /**
     * The model's own.
     *
     * @throws IllegalArgumentException if it is no number from 0.001 to 0.999, or the model is no detector
     */
    public static float of(ModelSpec spec) {
        requireDetector(spec);
        return of(new HeadParameters(spec.head()));
    }

    /** As above, of parameters that are read for a head. */
    static float of(HeadParameters parameters) {
        return parameters.number(KEY, DEFAULT, LEAST, MOST);
    }

    /** The same model with another threshold. */
    static ModelSpec replaced(ModelSpec spec, float threshold) {
        requireDetector(spec);
        return spec.withHead(KEY, String.valueOf(threshold));
    }

    private static void requireDetector(ModelSpec spec) {
        if (spec.task() != Task.DETECTION) {
            throw new IllegalArgumentException("task: " + spec.task().word() + " (expected: detection)");
        }
    }
}
