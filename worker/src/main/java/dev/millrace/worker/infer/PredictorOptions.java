package dev.millrace.worker.infer;

import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.model.DeviceRequest;

/**
 * How a {@link Predictor} runs.
 *
 * @param maxBatch images in one session run, at least 1
 * @param topK labels per image, at least 1; never more than the model has
 */
public record PredictorOptions(DeviceRequest device, int maxBatch, int topK, DecodeLimits limits) {

    /** Any CPU, batches of up to 8, the best 5 labels. */
    public static final PredictorOptions DEFAULT =
            new PredictorOptions(DeviceRequest.ANY_CPU, 8, 5, DecodeLimits.DEFAULT);

    /** @throws IllegalArgumentException if a number is below 1 */
    public PredictorOptions {
        if (maxBatch < 1) {
            throw new IllegalArgumentException("maxBatch: " + maxBatch + " (expected: at least 1)");
        }
        if (topK < 1) {
            throw new IllegalArgumentException("topK: " + topK + " (expected: at least 1)");
        }
    }

    public PredictorOptions withDevice(DeviceRequest newDevice) {
        return new PredictorOptions(newDevice, maxBatch, topK, limits);
    }

    public PredictorOptions withMaxBatch(int newMaxBatch) {
        return new PredictorOptions(device, newMaxBatch, topK, limits);
    }

    public PredictorOptions withTopK(int newTopK) {
        return new PredictorOptions(device, maxBatch, newTopK, limits);
    }

    public PredictorOptions withLimits(DecodeLimits newLimits) {
        return new PredictorOptions(device, maxBatch, topK, newLimits);
    }
}
