package dev.millrace.worker.model;

import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.decode.Resizing;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What must be known of a model version to run it.
 *
 * @param name model name
 * @param version from 1, counted per name; 0 for a file that was never published
 * @param sha256 of the ONNX bytes, 64 lower-case hex digits
 * @param bytes size of the ONNX file
 * @param precision fp32, fp16 or int8; "unknown" where nobody said
 * @param inputTensor name of the graph input: [batch, ...pixels]
 * @param elementType of the graph input
 * @param pixels the image the graph takes
 * @param mean in pixel units (0 to 255), one for all channels or one each, in the tensor's channel order
 * @param scale factor after subtracting mean; sized as mean is
 * @param fixedBatch 0: any batch size; n: the graph takes exactly n images
 * @param resizing what becomes of an image that is not of the graph's size
 * @param task chooses the task head
 * @param outputs what the task head reads, at least one
 * @param labels class names by index; none only where the task has no classes
 * @param head parameters of the task head
 */
public record ModelSpec(
        String name,
        int version,
        String sha256,
        long bytes,
        String precision,
        String inputTensor,
        ElementType elementType,
        PixelShape pixels,
        List<Float> mean,
        List<Float> scale,
        int fixedBatch,
        Resizing resizing,
        Task task,
        List<ModelOutput> outputs,
        List<String> labels,
        Map<String, String> head) {

    /** @throws IllegalArgumentException if the parts do not fit together */
    public ModelSpec {
        mean = List.copyOf(mean);
        scale = List.copyOf(scale);
        outputs = List.copyOf(outputs);
        labels = List.copyOf(labels);
        head = Map.copyOf(head);
        checkPerChannel("mean", mean, pixels.channels());
        checkPerChannel("scale", scale, pixels.channels());
        if (fixedBatch < 0) {
            throw new IllegalArgumentException("fixedBatch: " + fixedBatch + " (expected: 0 or more)");
        }
        if (outputs.isEmpty()) {
            throw new IllegalArgumentException("outputs: none (expected: at least 1)");
        }
        if (labels.isEmpty() && task != Task.EMBEDDING) {
            throw new IllegalArgumentException("labels: none (expected: at least 1)");
        }
    }

    /**
     * What an ONNX file says of itself: its graph, and the metadata properties {@code millrace.name},
     * {@code millrace.precision}, {@code millrace.labels} (JSON array), {@code millrace.input.mean},
     * {@code millrace.input.scale} (numbers, comma separated), {@code millrace.input.size} ({@code 640x480}, width first, of a graph that
     * leaves it open), {@code millrace.input.layout} and {@code millrace.input.channel-order}; {@code millrace.input.resize}, {@code millrace.input.filter} and
     * {@code millrace.input.fill}; {@code millrace.task} and the parameters of its head, {@code millrace.head.*}. What only one reading allows may be left out; labels become
     * {@code "class 0"} and so on. Public detectors whose graph is known, and the exports of Ultralytics, need say nothing.
     *
     * @throws ModelRefusedException if the file is no model that Millrace can run, or leaves something open
     */
    public static ModelSpec describe(byte[] onnx) throws ModelRefusedException {
        return describe(onnx, Map.of());
    }

    /** As {@link #describe(byte[])}, with properties that replace or complete the file's own. */
    public static ModelSpec describe(byte[] onnx, Map<String, String> overrides) throws ModelRefusedException {
        return new ModelDescriber(onnx, overrides).describe();
    }

    /** This spec under another name and version. */
    public ModelSpec as(String newName, int newVersion) {
        return with(newName, newVersion, head);
    }

    /** This spec with one parameter of the head set. */
    public ModelSpec withHead(String parameter, String value) {
        Map<String, String> changed = new HashMap<>(head);
        changed.put(parameter, value);
        return with(name, version, changed);
    }

    private ModelSpec with(String newName, int newVersion, Map<String, String> newHead) {
        return new ModelSpec(
                newName,
                newVersion,
                sha256,
                bytes,
                precision,
                inputTensor,
                elementType,
                pixels,
                mean,
                scale,
                fixedBatch,
                resizing,
                task,
                outputs,
                labels,
                newHead);
    }

    /** Floats of one image in all outputs together. */
    public int values() {
        return outputs.stream().mapToInt(ModelOutput::values).reduce(0, Math::addExact);
    }

    private static void checkPerChannel(String what, List<Float> values, int channels) {
        if (values.size() != 1 && values.size() != channels) {
            throw new IllegalArgumentException(what + ": " + values.size() + " values (expected: 1"
                    + (channels == 1 ? "" : " or " + channels) + ")");
        }
        for (float value : values) {
            if (!Float.isFinite(value)) {
                throw new IllegalArgumentException(what + ": " + value + " (expected: a finite number)");
            }
        }
    }

    @Override
    public String toString() {
        return name + " v" + version + " (" + precision + ", " + sha256.substring(0, Math.min(12, sha256.length()))
                + ")";
    }
}
