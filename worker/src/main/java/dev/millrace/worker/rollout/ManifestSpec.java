package dev.millrace.worker.rollout;

import dev.millrace.schemas.InputSpec;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.Task;
import dev.millrace.worker.decode.ChannelOrder;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.decode.TensorLayout;
import dev.millrace.worker.model.ElementType;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.rehearsal.Expectation;
import dev.millrace.worker.rehearsal.GoldenVector;

/** What a manifest says, in the words of the model package. Stateless. */
final class ManifestSpec {
    private ManifestSpec() {}

    static ModelSpec of(ModelManifest manifest) throws ModelRefusedException {
        if (manifest.getTask() != Task.CLASSIFICATION) {
            throw new ModelRefusedException("task: " + manifest.getTask() + " (expected: CLASSIFICATION)");
        }
        InputSpec input = manifest.getInput();
        try {
            return new ModelSpec(
                    manifest.getName(),
                    manifest.getVersion(),
                    manifest.getSha256(),
                    manifest.getBytes(),
                    manifest.getPrecision(),
                    input.getTensor(),
                    elementType(input),
                    new PixelShape(
                            input.getHeight(), input.getWidth(), input.getChannels(), layout(input), order(input)),
                    input.getMean(),
                    input.getScale(),
                    input.getMaxBatch(),
                    manifest.getOutputTensor(),
                    manifest.getLabels());
        } catch (IllegalArgumentException e) {
            throw new ModelRefusedException("manifest: " + e.getMessage(), e);
        }
    }

    /** What a version must do in its rehearsal. */
    static Expectation expectation(ModelManifest manifest) throws ModelRefusedException {
        try {
            return new Expectation(
                    manifest.getGolden().stream()
                            .map(golden ->
                                    new GoldenVector(golden.getPixels(), golden.getLogits(), golden.getTolerance()))
                            .toList(),
                    manifest.getMaxLatencyMs());
        } catch (IllegalArgumentException e) {
            throw new ModelRefusedException("manifest: " + e.getMessage(), e);
        }
    }

    private static ElementType elementType(InputSpec input) {
        return switch (input.getElementType()) {
            case UINT8 -> ElementType.UINT8;
            case FLOAT32 -> ElementType.FLOAT32;
        };
    }

    private static TensorLayout layout(InputSpec input) {
        return switch (input.getLayout()) {
            case NCHW -> TensorLayout.NCHW;
            case NHWC -> TensorLayout.NHWC;
        };
    }

    private static ChannelOrder order(InputSpec input) {
        return switch (input.getChannelOrder()) {
            case GREY -> ChannelOrder.GREY;
            case RGB -> ChannelOrder.RGB;
            case BGR -> ChannelOrder.BGR;
        };
    }
}
