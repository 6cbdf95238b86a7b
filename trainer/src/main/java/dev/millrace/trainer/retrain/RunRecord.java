package dev.millrace.trainer.retrain;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.trainer.files.WholeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code run.json} says of a run.
 *
 * @param created ISO 8601, UTC
 * @param seed of all that is left to chance
 * @param spec in effect, as {@link RetrainSpec#text} writes it
 * @param champion null: none yet
 * @param from whose float weights it goes on from
 * @param replayed images to learn from
 * @param heldOut replayed images that are not learned from
 * @param failure null: none so far
 * @param version what it was published as; null: not yet
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record RunRecord(
        String run,
        String model,
        String created,
        String why,
        long seed,
        String spec,
        @Nullable Integer champion,
        @Nullable String championSha256,
        From from,
        int replayed,
        int heldOut,
        @Nullable Failure failure,
        @Nullable Integer version) {
    private static final JsonMapper JSON = new JsonMapper();

    /** Whose float weights a run goes on from. */
    enum From {
        CHAMPION,
        BASE,
        SCRATCH
    }

    /**
     * Why it ended without a version.
     *
     * @param checks what the gate found, where it was that; else none
     */
    record Failure(Step step, String reason, List<String> checks) {
        Failure {
            checks = List.copyOf(checks);
        }
    }

    RunRecord failed(Failure why) {
        return new RunRecord(
                run,
                model,
                created,
                this.why,
                seed,
                spec,
                champion,
                championSha256,
                from,
                replayed,
                heldOut,
                why,
                version);
    }

    RunRecord published(int as) {
        return new RunRecord(
                run, model, created, why, seed, spec, champion, championSha256, from, replayed, heldOut, failure, as);
    }

    void write(Path file) throws IOException {
        WholeFile.write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
    }

    static RunRecord read(Path file) throws IOException {
        try {
            return JSON.readValue(Files.readAllBytes(file), RunRecord.class);
        } catch (JacksonException e) {
            throw new IOException(file + ": not readable (expected: as a run writes it)", e);
        }
    }
}
