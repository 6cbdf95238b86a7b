package dev.millrace.trainer.judge;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.millrace.schemas.registry.Split;
import dev.millrace.trainer.rollout.Notation;
import dev.millrace.trainer.rollout.TrialCommand;
import dev.millrace.trainer.yaml.YamlFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * When the judge goes on, and when it goes back. What a file leaves out is as {@link #DEFAULT} has it; {@link #text} shows every key.
 *
 * @param alpha the chance, at most, that a trial whose challenger is within the limits is rolled back, over all looks, steps and figures; and
 *     that one step is passed by a challenger that is not
 */
public record Policy(
        double alpha,
        Samples samples,
        Worse worse,
        double agreement,
        Labels labels,
        Workers workers,
        Time time,
        Shadow shadow) {
    /** What holds where nobody says otherwise. */
    public static final Policy DEFAULT = of(null, null, null, null, null, null, null, null);

    private static final double DEFAULT_ALPHA = 0.05;
    private static final double DEFAULT_AGREEMENT = 90;
    private static final double MOST_SECONDS = 1e9;

    /** @throws IllegalArgumentException for a value out of range */
    public Policy {
        if (!(alpha > 0 && alpha <= 0.5)) {
            throw new IllegalArgumentException("alpha: %s (expected: above 0, to 0.5)".formatted(alpha));
        }
        requirePercent("agreement", agreement);
    }

    @JsonCreator
    static Policy of(
            @JsonProperty("alpha") @Nullable Double alpha,
            @JsonProperty("samples") @Nullable Samples samples,
            @JsonProperty("worse") @Nullable Worse worse,
            @JsonProperty("agreement") @Nullable Double agreement,
            @JsonProperty("labels") @Nullable Labels labels,
            @JsonProperty("workers") @Nullable Workers workers,
            @JsonProperty("time") @Nullable Time time,
            @JsonProperty("shadow") @Nullable Shadow shadow) {
        return new Policy(
                alpha == null ? DEFAULT_ALPHA : alpha,
                samples == null ? Samples.DEFAULT : samples,
                worse == null ? Worse.DEFAULT : worse,
                agreement == null ? DEFAULT_AGREEMENT : agreement,
                labels == null ? Labels.DEFAULT : labels,
                workers == null ? Workers.DEFAULT : workers,
                time == null ? Time.DEFAULT : time,
                shadow == null ? Shadow.DEFAULT : shadow);
    }

    /**
     * Reads a file.
     *
     * @throws IOException when it is missing, not YAML, or has a key or a value that does not belong there
     */
    public static Policy read(Path file) throws IOException {
        return YamlFile.read(file, Policy.class);
    }

    /** This policy as a file that says all of it. */
    public String text() {
        return aligned(String.format(
                Locale.ROOT,
                """
                alpha: %s # chance of a wrong decision: see trainer/README.md
                samples: # of each version, each step, before it is decided
                  harm: %d # results, to roll back
                  results: %d # results, to go on
                  labels: %d # with a true label, from which on accuracy counts
                worse: # how much worse the challenger may be
                  errors: %s # points of FAILED results
                  accuracy: %s # points
                  confidence: %s # points of the mean best score, up or down
                  p50: %s # times the champion's; 0: not compared
                  p99: %s # the same
                agreement: %s # %% of the same labels or counts, in shadow trials
                labels:
                  required: %s # true: no step without; false: where they come
                  remembered: %d # results that wait for label or other answer
                workers:
                  share: %s # %% of the live workers that must serve both
                  heartbeat_s: %s # older ones are not live
                time:
                  longest_step_s: %s # the trial ends where a step is not passed by then
                shadow: # what follows a shadow trial that passes
                  then: %s # hold: report; canary: it answers a share; promote
                  steps: [%s] # of that canary
                  hold_s: %s # each of these steps is kept at least so long
                """,
                alpha,
                samples.harm,
                samples.results,
                samples.labels,
                worse.errors,
                worse.accuracy,
                worse.confidence,
                worse.p50,
                worse.p99,
                agreement,
                labels.required,
                labels.remembered,
                workers.share,
                workers.heartbeatS,
                time.longestStepS,
                shadow.then.key(),
                shadow.steps.stream().map(TrialCommand::percent).collect(Collectors.joining(", ")),
                shadow.holdS));
    }

    /** With all comments in one column. */
    private static String aligned(String text) {
        int column =
                1 + text.lines().mapToInt(line -> code(line).length()).max().orElse(0);
        return text.lines()
                .map(line -> line.contains(" #")
                        ? code(line) + " ".repeat(column - code(line).length()) + line.substring(line.indexOf('#'))
                        : line)
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private static String code(String line) {
        int comment = line.indexOf(" #");
        return comment < 0 ? line : line.substring(0, comment);
    }

    /** How many results of each version it takes, in each step. */
    public record Samples(int harm, int results, int labels) {
        static final Samples DEFAULT = new Samples(50, 500, 500);

        /** @throws IllegalArgumentException for a number below 1 */
        public Samples {
            requireFrom1("harm", harm);
            requireFrom1("results", results);
            requireFrom1("labels", labels);
        }

        @JsonCreator
        static Samples of(
                @JsonProperty("harm") @Nullable Integer harm,
                @JsonProperty("results") @Nullable Integer results,
                @JsonProperty("labels") @Nullable Integer labels) {
            return new Samples(
                    harm == null ? DEFAULT.harm : harm,
                    results == null ? DEFAULT.results : results,
                    labels == null ? DEFAULT.labels : labels);
        }
    }

    /**
     * How much worse the challenger may be.
     *
     * @param errors points
     * @param accuracy points
     * @param confidence points, up or down
     * @param p50 times the champion's; 0: not compared
     * @param p99 the same
     */
    public record Worse(double errors, double accuracy, double confidence, double p50, double p99) {
        static final Worse DEFAULT = new Worse(1, 2, 10, 1.5, 1.5);

        /** @throws IllegalArgumentException for a value out of range */
        public Worse {
            requirePercent("errors", errors);
            requirePercent("accuracy", accuracy);
            requirePercent("confidence", confidence);
            requireRatio("p50", p50);
            requireRatio("p99", p99);
        }

        @JsonCreator
        static Worse of(
                @JsonProperty("errors") @Nullable Double errors,
                @JsonProperty("accuracy") @Nullable Double accuracy,
                @JsonProperty("confidence") @Nullable Double confidence,
                @JsonProperty("p50") @Nullable Double p50,
                @JsonProperty("p99") @Nullable Double p99) {
            return new Worse(
                    errors == null ? DEFAULT.errors : errors,
                    accuracy == null ? DEFAULT.accuracy : accuracy,
                    confidence == null ? DEFAULT.confidence : confidence,
                    p50 == null ? DEFAULT.p50 : p50,
                    p99 == null ? DEFAULT.p99 : p99);
        }

        private static void requireRatio(String key, double ratio) {
            if (ratio != 0 && (!(ratio >= 1) || Double.isInfinite(ratio))) {
                throw new IllegalArgumentException(
                        "%s: %s (expected: a number from 1, or 0: not compared)".formatted(key, ratio));
            }
        }
    }

    /**
     * True labels.
     *
     * @param required whether no step is passed without them
     * @param remembered how many results wait for one at most
     */
    public record Labels(boolean required, int remembered) {
        static final Labels DEFAULT = new Labels(false, 500_000);

        /** @throws IllegalArgumentException for a number below 1 */
        public Labels {
            requireFrom1("remembered", remembered);
        }

        @JsonCreator
        static Labels of(
                @JsonProperty("required") @Nullable Boolean required,
                @JsonProperty("remembered") @Nullable Integer remembered) {
            return new Labels(
                    required == null ? DEFAULT.required : required,
                    remembered == null ? DEFAULT.remembered : remembered);
        }
    }

    /**
     * Whose acknowledgement a step waits for.
     *
     * @param share of the live workers, in percent
     * @param heartbeatS seconds; a worker that was last heard of before is not live
     */
    public record Workers(double share, double heartbeatS) {
        static final Workers DEFAULT = new Workers(100, 15);

        /** @throws IllegalArgumentException for a value out of range */
        public Workers {
            requirePercent("share", share);
            requireSeconds("heartbeat_s", heartbeatS);
        }

        @JsonCreator
        static Workers of(
                @JsonProperty("share") @Nullable Double share,
                @JsonProperty("heartbeat_s") @Nullable Double heartbeatS) {
            return new Workers(
                    share == null ? DEFAULT.share : share, heartbeatS == null ? DEFAULT.heartbeatS : heartbeatS);
        }

        Duration heartbeat() {
            return Duration.ofMillis((long) (heartbeatS * 1000));
        }
    }

    /**
     * How long anything may take.
     *
     * @param longestStepS seconds
     */
    public record Time(double longestStepS) {
        static final Time DEFAULT = new Time(86_400);

        /** @throws IllegalArgumentException for a value out of range */
        public Time {
            requireSeconds("longest_step_s", longestStepS);
        }

        @JsonCreator
        static Time of(@JsonProperty("longest_step_s") @Nullable Double longestStepS) {
            return new Time(longestStepS == null ? DEFAULT.longestStepS : longestStepS);
        }

        Duration longestStep() {
            return Duration.ofMillis((long) (longestStepS * 1000));
        }
    }

    /**
     * What a shadow trial may lead to.
     *
     * @param steps of the canary that it becomes where it does: the shares that it goes through, of {@link Split#WHOLE}, ascending
     * @param holdS seconds; each of them is kept at least so long
     */
    public record Shadow(Then then, List<Integer> steps, double holdS) {
        static final Shadow DEFAULT = new Shadow(Then.HOLD, List.of(100, 1_000, 5_000), 120);

        /** What the judge does of a shadow trial. */
        public enum Then {
            /** Nothing: it reports. */
            HOLD,
            /** It lets a challenger that passes answer a share, in a canary, and ends the trial of one that does not. */
            CANARY,
            /** It promotes a challenger that passes and ends the trial of one that does not. */
            PROMOTE;

            private String key() {
                return name().toLowerCase(Locale.ROOT);
            }

            private static Then of(String text) {
                for (Then known : values()) {
                    if (known.key().equals(text)) {
                        return known;
                    }
                }
                throw new IllegalArgumentException("then: %s (expected: hold, canary or promote)".formatted(text));
            }
        }

        /** @throws IllegalArgumentException for steps that do not ascend, or a time out of range */
        public Shadow {
            steps = List.copyOf(steps);
            TrialCommand.requireSteps(steps);
            if (!(holdS >= 0 && holdS < MOST_SECONDS)) {
                throw new IllegalArgumentException(
                        "hold_s: %s (expected: a number of seconds from 0)".formatted(holdS));
            }
        }

        @JsonCreator
        static Shadow of(
                @JsonProperty("then") @Nullable String then,
                @JsonProperty("steps") @Nullable List<@Nullable String> steps,
                @JsonProperty("hold_s") @Nullable Double holdS) {
            return new Shadow(
                    then == null ? DEFAULT.then : Then.of(then),
                    steps == null
                            ? DEFAULT.steps
                            : steps.stream().map(Shadow::share).toList(),
                    holdS == null ? DEFAULT.holdS : holdS);
        }

        private static int share(@Nullable String text) {
            try {
                return Notation.share(String.valueOf(text));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("steps: " + e.getMessage(), e);
            }
        }

        Duration hold() {
            return Duration.ofMillis((long) (holdS * 1000));
        }
    }

    private static void requirePercent(String key, double percent) {
        if (!(percent >= 0 && percent <= 100)) {
            throw new IllegalArgumentException("%s: %s (expected: 0 to 100)".formatted(key, percent));
        }
    }

    private static void requireSeconds(String key, double seconds) {
        if (!(seconds > 0 && seconds < MOST_SECONDS)) {
            throw new IllegalArgumentException(
                    "%s: %s (expected: a number of seconds above 0)".formatted(key, seconds));
        }
    }

    private static void requireFrom1(String key, int count) {
        if (count < 1) {
            throw new IllegalArgumentException("%s: %d (expected: 1 or more)".formatted(key, count));
        }
    }
}
