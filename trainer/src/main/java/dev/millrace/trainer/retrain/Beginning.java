package dev.millrace.trainer.retrain;

import dev.millrace.trainer.replay.ReplayImages;
import java.time.Instant;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a run begins with.
 *
 * @param run its id, a UUID
 * @param why what set it off, for people
 * @param champion null: the model has no version yet
 */
public record Beginning(
        String run,
        RetrainSpec spec,
        String why,
        Instant at,
        @Nullable Champion champion,
        ReplayImages replayed) {
    private static final Pattern RUN = Pattern.compile("[0-9a-f-]{1,64}");

    /** @throws IllegalArgumentException for an id that cannot name a folder */
    public Beginning {
        requireRun(run);
    }

    static String requireRun(String run) {
        if (!RUN.matcher(run).matches()) {
            throw new IllegalArgumentException("run: %s (expected: 1 to 64 hex digits or '-')".formatted(run));
        }
        return run;
    }
}
