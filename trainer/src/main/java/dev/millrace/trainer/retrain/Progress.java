package dev.millrace.trainer.retrain;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.trainer.fit.EpochReport;
import java.util.Optional;

/** What a run's process says while it works: a line of JSON each. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "told")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Progress.At.class, name = "at"),
    @JsonSubTypes.Type(value = Progress.Epoch.class, name = "epoch"),
    @JsonSubTypes.Type(value = Progress.Checked.class, name = "checked"),
    @JsonSubTypes.Type(value = Progress.End.class, name = "end")
})
public sealed interface Progress {
    /**
     * How far a step is.
     *
     * @param share 0: it begins; 1: it is done and safe on disk
     */
    record At(Step step, double share) implements Progress {}

    /** An epoch is safe on disk; those of earlier processes are told again. */
    record Epoch(EpochReport report) implements Progress {}

    /** What the gate found in one check. */
    record Checked(String line) implements Progress {}

    /** The last line. */
    record End(Ended ended) implements Progress {}

    /** On one line. */
    default String json() {
        try {
            return Json.MAPPER.writerFor(Progress.class).writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("numbers and texts always have a JSON form", e);
        }
    }

    /** Reads a line; empty where it is something else, such as what a library says. */
    static Optional<Progress> of(String line) {
        try {
            return Optional.ofNullable(Json.MAPPER.readValue(line, Progress.class));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    /** Holds the mapper, which an interface cannot keep to itself. */
    final class Json {
        private static final JsonMapper MAPPER = new JsonMapper();

        private Json() {}
    }
}
