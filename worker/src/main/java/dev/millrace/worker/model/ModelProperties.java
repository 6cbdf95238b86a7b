package dev.millrace.worker.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.worker.decode.Resizing;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The properties that say how a model is used, see {@link ModelSpec#describe(byte[])}: their keys, and what a person says of a file that
 * lacks them. Stateless.
 */
public final class ModelProperties {

    static final String NAME = "millrace.name";
    static final String PRECISION = "millrace.precision";
    static final String LABELS = "millrace.labels";
    static final String MEAN = "millrace.input.mean";
    static final String SCALE = "millrace.input.scale";
    static final String SIZE = "millrace.input.size";
    static final String LAYOUT = "millrace.input.layout";
    static final String CHANNEL_ORDER = "millrace.input.channel-order";
    static final String RESIZE = "millrace.input.resize";
    static final String FILTER = "millrace.input.filter";
    static final String FILL = "millrace.input.fill";
    static final String TASK = "millrace.task";
    static final String HEAD = "millrace.head.";

    private static final String PREFIX = "millrace.";
    private static final List<String> KEYS =
            List.of(NAME, PRECISION, LABELS, MEAN, SCALE, SIZE, LAYOUT, CHANNEL_ORDER, RESIZE, FILTER, FILL, TASK);
    private static final JsonMapper JSON = new JsonMapper();

    private ModelProperties() {}

    /**
     * What a person says of a model.
     *
     * @param file in the format of {@link Properties}, UTF-8; null: none
     * @param pairs {@code KEY=VALUE}, which count more than the file; {@code millrace.} may be left out of a key
     * @throws IllegalArgumentException if one is no pair, or its key is unknown
     * @throws IOException if the file cannot be read
     */
    public static Map<String, String> said(@Nullable Path file, List<String> pairs) throws IOException {
        Map<String, String> said = new HashMap<>();
        if (file != null) {
            Properties properties = new Properties();
            try (Reader in = Files.newBufferedReader(file)) {
                properties.load(in);
            }
            for (String key : properties.stringPropertyNames()) {
                said.put(key(key), properties.getProperty(key));
            }
        }
        for (String pair : pairs) {
            int equals = pair.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("property: " + pair + " (expected: KEY=VALUE)");
            }
            said.put(key(pair.substring(0, equals).strip()), pair.substring(equals + 1));
        }
        return said;
    }

    /**
     * What a file does not say itself and a person says, or is known: of public detectors, and of the exports of Ultralytics. A file that is
     * given these says all of its use.
     *
     * @param said as {@link #said} returns it
     * @throws ModelRefusedException if the file cannot be read, or leaves open what is asked for
     */
    public static Map<String, String> unsaid(byte[] onnx, Map<String, String> said) throws ModelRefusedException {
        return new ModelDescriber(onnx, said).unsaid();
    }

    private static String key(String given) {
        String key = given.startsWith(PREFIX) ? given : PREFIX + given;
        if (!isKnown(key)) {
            throw new IllegalArgumentException("property: " + given + " (expected: one of "
                    + String.join(", ", new TreeSet<>(KEYS)) + " or " + HEAD + "...)");
        }
        return key;
    }

    /**
     * What they say of images of another size than the model's: {@link Resizing#NONE} where they do not.
     *
     * @throws IllegalArgumentException if they say what is not known
     */
    public static Resizing resizing(Map<String, String> properties) {
        String fill = properties.getOrDefault(FILL, String.valueOf(Resizing.NONE.fill()));
        try {
            return Resizing.of(
                    properties.getOrDefault(RESIZE, Resizing.word(Resizing.NONE.fit())),
                    properties.getOrDefault(FILTER, Resizing.word(Resizing.NONE.filter())),
                    Integer.parseInt(fill.strip()));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("fill: " + fill + " (expected: 0 to 255)", e);
        }
    }

    /** What {@link #resizing(Map)} reads as that; nothing of {@link Resizing#NONE}. */
    public static Map<String, String> of(Resizing resizing) {
        return resizing.fit() == Resizing.Fit.NONE
                ? Map.of()
                : Map.of(
                        RESIZE, Resizing.word(resizing.fit()),
                        FILTER, Resizing.word(resizing.filter()),
                        FILL, String.valueOf(resizing.fill()));
    }

    static boolean isKnown(String key) {
        return KEYS.contains(key) || (key.startsWith(HEAD) && key.length() > HEAD.length());
    }

    /** Names as {@link #LABELS} has them. */
    static String json(List<String> names) {
        try {
            return JSON.writeValueAsString(names);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("names: no JSON (expected: strings always are)", e);
        }
    }
}
