package dev.millrace.trainer.onnx;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Keys of the metadata properties that say how a model is used; workers read them too. Other keys are lineage and metrics. */
public final class ModelMetadata {
    /** Model name, as in the manifest. */
    public static final String NAME = "millrace.name";
    /** Which task head answers: {@code classification}. */
    public static final String TASK = "millrace.task";
    /** Class names by index, a JSON array. */
    public static final String LABELS = "millrace.labels";
    /** {@code fp32} or {@code int8}. */
    public static final String PRECISION = "millrace.precision";
    /** Subtracted from a pixel (0 to 255). */
    public static final String MEAN = "millrace.input.mean";
    /** Factor after that. */
    public static final String SCALE = "millrace.input.scale";
    /** {@code 640x480}, width first, of a graph that leaves it open. */
    public static final String SIZE = "millrace.input.size";
    /** {@code NCHW} or {@code NHWC}. */
    public static final String LAYOUT = "millrace.input.layout";
    /** {@code GREY}, {@code RGB} or {@code BGR}. */
    public static final String CHANNEL_ORDER = "millrace.input.channel-order";
    /** How the weights and activations were quantized, in words. */
    public static final String QUANTIZATION = "quantization";
    /** The version that it is to follow, {@code 3} or, of a model of another name, {@code fashion-mnist/3}. */
    public static final String PARENT_VERSION = "parent.version";
    /** Commit of the work tree in which it was exported; ends in {@code -dirty} where files had changed since. */
    public static final String GIT_COMMIT = "git.commit";
    /** Prefix of measured figures. */
    public static final String METRICS = "metrics.";

    /** Prefix of the keys that say how the model is used. */
    public static final String OWN = "millrace.";

    private static final ObjectMapper JSON = new ObjectMapper();

    private ModelMetadata() {}

    /** Labels as the JSON array that {@link #LABELS} holds. */
    public static String json(List<String> labels) {
        try {
            return JSON.writeValueAsString(labels);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("strings always have a JSON form", e);
        }
    }

    /**
     * The labels of a model.
     *
     * @throws IllegalArgumentException when there are none or they are no JSON array of strings
     */
    public static List<String> labels(Map<String, String> metadata) {
        String json = metadata.get(LABELS);
        try {
            if (json != null) {
                return JSON.readValue(json, new TypeReference<List<String>>() {});
            }
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(LABELS + ": " + json + " (expected: a JSON array of strings)", e);
        }
        throw new IllegalArgumentException("metadata: no " + LABELS + " (expected: a JSON array of strings)");
    }

    /**
     * The numbers of {@link #MEAN} or {@link #SCALE}.
     *
     * @throws IllegalArgumentException when the text is no list of numbers
     */
    public static List<Float> numbers(String key, String text) {
        try {
            return Arrays.stream(text.split(",", -1))
                    .map(part -> Float.parseFloat(part.strip()))
                    .toList();
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("%s: %s (expected: numbers, comma separated)".formatted(key, text), e);
        }
    }
}
