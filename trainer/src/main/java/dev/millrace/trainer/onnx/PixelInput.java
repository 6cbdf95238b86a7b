package dev.millrace.trainer.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a user knows of a model that carries none of Millrace's metadata: how pixels (0 to 255) go in, as (pixel - mean) x scale.
 *
 * @param mean one number for all channels or one each, in the tensor's channel order; null: not given
 * @param scale sized as mean is; null: not given
 * @param channels {@code RGB} or {@code BGR}; null: not given, which is RGB
 */
public record PixelInput(
        @Nullable List<Float> mean,
        @Nullable List<Float> scale,
        @Nullable String channels) {
    /** Nothing is known beside what the model says itself. */
    public static final PixelInput AS_THE_MODEL_SAYS = new PixelInput(null, null, null);

    public PixelInput {
        mean = mean == null ? null : List.copyOf(mean);
        scale = scale == null ? null : List.copyOf(scale);
    }

    /** The same as properties, see {@link ModelMetadata}. */
    public Map<String, String> said() {
        Map<String, String> said = new HashMap<>();
        if (mean != null) {
            said.put(ModelMetadata.MEAN, text(mean));
        }
        if (scale != null) {
            said.put(ModelMetadata.SCALE, text(scale));
        }
        if (channels != null) {
            said.put(ModelMetadata.CHANNEL_ORDER, channels);
        }
        return said;
    }

    /**
     * The properties (see {@link ModelMetadata}) that the model lacks; what it says itself stands.
     *
     * @param labels names by index, for a model that has none
     * @throws IllegalArgumentException when neither this nor the model says how pixels become floats
     */
    public Map<String, String> complete(ModelProto model, List<String> labels) {
        Map<String, String> added = complete(model);
        if (!OnnxFile.metadata(model).containsKey(ModelMetadata.LABELS)) {
            added.put(ModelMetadata.LABELS, ModelMetadata.json(labels));
        }
        return added;
    }

    /**
     * As above, all but the labels. Of mean and scale, the one that is left out becomes 0 or 1.
     *
     * @throws IllegalArgumentException when neither this nor the model says how pixels become floats
     */
    public Map<String, String> complete(ModelProto model) {
        Map<String, String> own = OnnxFile.metadata(model);
        Map<String, String> added = new HashMap<>();
        if (channels != null) {
            added.put(ModelMetadata.CHANNEL_ORDER, channels);
        }
        if (takesFloats(model) && !own.keySet().containsAll(List.of(ModelMetadata.MEAN, ModelMetadata.SCALE))) {
            if (mean == null && scale == null) {
                throw new IllegalArgumentException("mean, scale: absent (expected: --mean and --scale, since the model"
                        + " takes floats and does not say how pixels become floats)");
            }
            added.put(ModelMetadata.MEAN, mean == null ? "0" : text(mean));
            added.put(ModelMetadata.SCALE, scale == null ? "1" : text(scale));
        }
        added.keySet().removeAll(own.keySet());
        return added;
    }

    /**
     * The model with the properties that it lacks, all but the labels, so that it can be served.
     *
     * @throws IllegalArgumentException when neither this nor the model says how pixels become floats
     */
    public ModelProto written(ModelProto model) {
        Map<String, String> added = complete(model);
        if (added.isEmpty()) {
            return model;
        }
        added.putAll(OnnxFile.metadata(model));
        return OnnxFile.withMetadata(model, added);
    }

    /**
     * Compares this with what the model says itself.
     *
     * @throws IllegalArgumentException when it contradicts the model, or the model has no use for it
     */
    public void requireAgreement(ModelProto model) {
        Map<String, String> own = OnnxFile.metadata(model);
        requireSame("mean", mean, own.get(ModelMetadata.MEAN));
        requireSame("scale", scale, own.get(ModelMetadata.SCALE));
        String order = own.get(ModelMetadata.CHANNEL_ORDER);
        if (channels != null && order != null && !channels.equalsIgnoreCase(order)) {
            throw disagreement("channels", channels, order);
        }
        boolean given = mean != null || scale != null;
        if (given && !own.containsKey(ModelMetadata.MEAN) && !takesFloats(model)) {
            throw new IllegalArgumentException(
                    "mean, scale: given (expected: not, since the model takes pixels as they are)");
        }
    }

    private static boolean takesFloats(ModelProto model) {
        return Graphs.inputs(model.getGraph()).stream()
                .anyMatch(input -> input.getType().getTensorType().getElemType() == DataType.FLOAT.getNumber());
    }

    private static void requireSame(String what, @Nullable List<Float> given, @Nullable String own) {
        if (given != null && own != null && !given.equals(ModelMetadata.numbers(what, own))) {
            throw disagreement(what, text(given), own);
        }
    }

    private static IllegalArgumentException disagreement(String what, String given, String own) {
        return new IllegalArgumentException("%s: %s (expected: %s, as the model says)".formatted(what, given, own));
    }

    private static String text(List<Float> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
