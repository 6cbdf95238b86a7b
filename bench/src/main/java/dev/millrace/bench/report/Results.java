package dev.millrace.bench.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The JSON of each measurement in a folder, by its name. Immutable. */
final class Results {
    /** In the order in which they are shown. */
    static final List<String> KINDS = List.of("limit", "load", "scale", "peers", "faults");

    private static final JsonMapper JSON = new JsonMapper();

    private final Map<String, JsonNode> byKind;

    private Results(Map<String, JsonNode> byKind) {
        this.byKind = Collections.unmodifiableMap(new LinkedHashMap<>(byKind));
    }

    /**
     * Reads what is there of {@code limit.json}, {@code load.json}, {@code scale.json}, {@code peers.json} and {@code faults.json}.
     *
     * @throws IOException when there is none, or when one is damaged
     */
    static Results read(Path folder) throws IOException {
        Map<String, JsonNode> found = new LinkedHashMap<>();
        for (String kind : KINDS) {
            Path file = file(folder, kind);
            if (Files.isRegularFile(file)) {
                found.put(kind, parse(file));
            }
        }
        if (found.isEmpty()) {
            throw new IOException("results: none in " + folder
                    + " (expected: limit.json, load.json, scale.json or faults.json, as `millrace bench all` writes)");
        }
        return new Results(found);
    }

    static Path file(Path folder, String kind) {
        return folder.resolve(kind + ".json");
    }

    private static JsonNode parse(Path file) throws IOException {
        try {
            JsonNode read = JSON.readTree(Files.readString(file));
            if (read.isObject()) {
                return read;
            }
        } catch (JsonProcessingException e) {
            throw new IOException("results: " + file + ": " + e.getOriginalMessage() + " (expected: JSON)", e);
        }
        throw new IOException("results: " + file + " (expected: one JSON object)");
    }

    /** What a measurement found; an empty node where it was not made. */
    JsonNode of(String kind) {
        return byKind.getOrDefault(kind, JSON.missingNode());
    }

    /** All of them as one JSON object. */
    String json() throws JsonProcessingException {
        return JSON.writeValueAsString(byKind);
    }
}
