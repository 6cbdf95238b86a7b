package dev.millrace.bench.faults.child;

import dev.millrace.worker.telemetry.StageWatch.Stage;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Something that goes wrong inside a worker as a lane enters a stage.
 *
 * @param action what
 * @param stage where
 * @param key only for the record with this key; null: for any
 * @param duration how long, where it is a matter of time
 */
public record FailPoint(
        Action action, Stage stage, @Nullable String key, Duration duration) {
    /** The exit code of {@link Action#HALT}: that of a process that ended by SIGABRT, as native code ends it. */
    public static final int HALTED = 134;

    /** What goes wrong. */
    public enum Action {
        /** The process ends at once, as a crash in native code ends it. */
        HALT,
        /** The lane prints {@link #heldLine} and stays there until the process is killed from outside. */
        HOLD,
        /** The lane prints {@link #heldLine} and stands still for a time. */
        SLEEP,
        /** The heap is filled until the JVM gives up. */
        EXHAUST
    }

    /** The process ends as the next lane enters {@code stage}. */
    public static FailPoint halt(Stage stage) {
        return new FailPoint(Action.HALT, stage, null, Duration.ZERO);
    }

    /** The process ends whenever the record with this key enters its decoding. */
    public static FailPoint haltOn(String key) {
        return new FailPoint(Action.HALT, Stage.DECODE, key, Duration.ZERO);
    }

    /** The next lane to enter {@code stage} waits there to be killed. */
    public static FailPoint hold(Stage stage) {
        return new FailPoint(Action.HOLD, stage, null, Duration.ZERO);
    }

    /** The next lane to enter {@code stage} stands still. */
    public static FailPoint sleep(Stage stage, Duration duration) {
        return new FailPoint(Action.SLEEP, stage, null, duration);
    }

    /** The heap is full as the next lane enters {@code stage}. */
    public static FailPoint exhaust(Stage stage) {
        return new FailPoint(Action.EXHAUST, stage, null, Duration.ZERO);
    }

    /** As one line: {@code HALT DECODE 0 key}. */
    String text() {
        return action + " " + stage + " " + duration.toMillis() + (key == null ? "" : " " + key);
    }

    /**
     * Reads {@link #text}.
     *
     * @throws IllegalArgumentException for anything else
     */
    static FailPoint parse(String text) {
        String[] words = text.strip().split(" ", 4);
        if (words.length < 3) {
            throw new IllegalArgumentException("fail point: " + text + " (expected: ACTION STAGE MILLIS [KEY])");
        }
        return new FailPoint(
                Action.valueOf(words[0]),
                Stage.valueOf(words[1]),
                words.length == 4 ? words[3] : null,
                Duration.ofMillis(Long.parseLong(words[2])));
    }

    /** What the process prints once a lane is held. */
    static String heldLine(Stage stage) {
        return "fail point: held at " + stage.name().toLowerCase(Locale.ROOT);
    }
}
