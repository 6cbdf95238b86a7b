package dev.millrace.trainer.yaml;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** YAML to records whose keys are in snake_case. A key that nobody knows, or one that is there twice, is an error. */
public final class YamlFile {
    private static final ObjectMapper YAML = YAMLMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    private YamlFile() {}

    /**
     * Reads a whole file.
     *
     * @throws IOException when it is missing or not of that type; the message names the file, the key and what was expected
     */
    public static <T> T read(Path file, Class<T> type) throws IOException {
        String text;
        try {
            text = Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new IOException(file + ": no such file (expected: a YAML file)", e);
        }
        return parse(text, file.toString(), type);
    }

    /**
     * Reads what a file would say.
     *
     * @param name of it, for messages
     * @throws IOException when it is not of that type; the message has the name, the key and what was expected
     */
    public static <T> T parse(String text, String name, Class<T> type) throws IOException {
        try {
            T value = YAML.readValue(text, type);
            if (value == null) {
                throw new IOException(name + ": empty (expected: keys and values)");
            }
            return value;
        } catch (JacksonException e) {
            throw new IOException(name + ": " + explanation(e, text), e);
        }
    }

    private static String explanation(JacksonException e, String text) {
        if (e instanceof UnrecognizedPropertyException unknown) {
            return "%s: unknown (expected: %s)"
                    .formatted(
                            keys(unknown),
                            unknown.getKnownPropertyIds().stream()
                                    .map(String::valueOf)
                                    .sorted()
                                    .collect(Collectors.joining(", ")));
        }
        if (e instanceof InvalidFormatException wrong) {
            return "%s: %s (expected: %s)".formatted(keys(wrong), wrong.getValue(), kind(wrong.getTargetType()));
        }
        if (e instanceof ValueInstantiationException refused && refused.getCause() != null) {
            String at = keys(refused);
            return (at.isEmpty() ? "" : at + ".") + refused.getCause().getMessage();
        }
        if (e instanceof MismatchedInputException wrong && wrong.getTargetType() != null) {
            String at = keys(wrong);
            return at.isEmpty()
                    ? "no keys and values (expected: such as `key: value`)"
                    : "%s: %s (expected: %s)".formatted(at, value(wrong, text), kind(wrong.getTargetType()));
        }
        String where = e.getLocation() == null ? "" : "line " + e.getLocation().getLineNr() + ": ";
        return where + e.getOriginalMessage().lines().findFirst().orElse("") + " (expected: YAML)";
    }

    /** As the file has it, where it is no list and has no keys of its own. */
    private static String value(JsonMappingException e, String text) {
        try {
            JsonNode at = YAML.readTree(text);
            for (JsonMappingException.Reference part : e.getPath()) {
                at = part.getFieldName() == null ? at.path(part.getIndex()) : at.path(part.getFieldName());
            }
            return at.isValueNode() ? at.asText() : "not of that kind";
        } catch (JacksonException damaged) {
            return "not of that kind";
        }
    }

    private static String keys(JsonMappingException e) {
        List<JsonMappingException.Reference> path = e.getPath();
        return path.stream()
                .map(part -> part.getFieldName() == null ? String.valueOf(part.getIndex()) : part.getFieldName())
                .collect(Collectors.joining("."));
    }

    private static String kind(Class<?> type) {
        if (type == Double.class || type == double.class) {
            return "a number";
        }
        if (type == Long.class || type == long.class || type == Integer.class || type == int.class) {
            return "a whole number";
        }
        if (Collection.class.isAssignableFrom(type)) {
            return "a list";
        }
        return type == String.class ? "text" : "keys and values";
    }
}
