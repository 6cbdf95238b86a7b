package dev.millrace.trainer.coco;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An annotations file as it is, of which anything may be missing; what is not needed, such as outlines, is not kept. */
record CocoFile(
        @Nullable List<@Nullable Image> images,
        @Nullable List<@Nullable Annotation> annotations,
        @Nullable List<@Nullable Category> categories) {

    private static final ObjectMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    record Image(
            @Nullable Long id,
            @Nullable String fileName,
            @Nullable Integer width,
            @Nullable Integer height) {}

    record Annotation(
            @Nullable Long imageId,
            @Nullable Long categoryId,
            @Nullable List<@Nullable Double> bbox,
            @Nullable Double area,
            @Nullable Integer iscrowd) {}

    record Category(@Nullable Long id, @Nullable String name) {}

    /** @throws CocoException when it is no JSON, or its values are of other kinds */
    static CocoFile read(Path file) throws IOException {
        try {
            CocoFile read = JSON.readValue(file.toFile(), CocoFile.class);
            if (read == null) {
                throw new CocoException(file + ": null (expected: images, annotations and categories)");
            }
            return read;
        } catch (JacksonException e) {
            String where =
                    e.getLocation() == null ? "" : "line " + e.getLocation().getLineNr() + ": ";
            throw new CocoException("%s: %s%s%s (expected: JSON in COCO's instances format)"
                    .formatted(
                            file,
                            where,
                            keys(e),
                            e.getOriginalMessage().lines().findFirst().orElse("")));
        }
    }

    private static String keys(JacksonException e) {
        if (!(e instanceof JsonMappingException mapping) || mapping.getPath().isEmpty()) {
            return "";
        }
        return mapping.getPath().stream()
                .map(at -> at.getFieldName() == null ? "[" + at.getIndex() + "]" : "." + at.getFieldName())
                .collect(Collectors.joining("", "", ": "))
                .substring(1);
    }
}
