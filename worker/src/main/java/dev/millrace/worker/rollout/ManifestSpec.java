package dev.millrace.worker.rollout;

import dev.millrace.schemas.InputSpec;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.worker.decode.ChannelOrder;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.decode.Resizing;
import dev.millrace.worker.decode.TensorLayout;
import dev.millrace.worker.model.ElementType;
import dev.millrace.worker.model.ModelOutput;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.model.Task;
import dev.millrace.worker.rehearsal.Expectation;
import dev.millrace.worker.rehearsal.GoldenVector;
import java.util.List;

/** What a manifest says, in the words of the model package. Stateless. */
final class ManifestSpec {
    private ManifestSpec() {}

    static ModelSpec of(ModelManifest manifest) throws ModelRefusedException {
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
                    Resizing.of(input.getResize().name(), input.getFilter().name(), input.getFill()),
                    task(manifest),
                    outputs(manifest),
                    manifest.getLabels(),
                    manifest.getHead());
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

    private static Task task(ModelManifest manifest) throws ModelRefusedException {
        return switch (manifest.getTask()) {
            case CLASSIFICATION -> Task.CLASSIFICATION;
            case MULTI_LABEL -> Task.MULTI_LABEL;
            case DETECTION -> Task.DETECTION;
            case SEGMENTATION -> Task.SEGMENTATION;
            case EMBEDDING -> Task.EMBEDDING;
            case UNKNOWN ->
                throw new ModelRefusedException(
                        "task: unknown to this worker (expected: one of " + List.of(Task.values()) + ")");
        };
    }

    /** Manifests from before there were other tasks name the logits alone. */
    private static List<ModelOutput> outputs(ModelManifest manifest) {
        if (manifest.getOutputs().isEmpty()) {
            return List.of(ModelOutput.logits(
                    manifest.getOutputTensor(), manifest.getLabels().size()));
        }
        return manifest.getOutputs().stream()
                .map(output -> new ModelOutput(output.getTensor(), output.getShape()))
                .toList();
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
