package dev.millrace.trainer.retrain;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.drift.DriftLimits;
import dev.millrace.trainer.fit.Augmentation;
import dev.millrace.trainer.fit.Augmentation.Flip;
import dev.millrace.trainer.fit.Recipe;
import dev.millrace.trainer.net.Architecture;
import dev.millrace.trainer.rollout.Notation;
import dev.millrace.trainer.rollout.RolloutCommand;
import dev.millrace.trainer.rollout.TrialCommand;
import dev.millrace.trainer.rollout.VersionName;
import dev.millrace.trainer.yaml.YamlFile;
import dev.millrace.worker.model.CpuPin;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Of which model a trainer makes new versions, when, from what, and what they must hold. {@link #example} is a file with every key; only
 * {@code model} and {@code base.dataset} have no default. {@link #text} shows what is in effect.
 *
 * @param architecture of the network; must be that of the weights it goes on from
 * @param rollout what becomes of a version; null: it waits to be promoted
 */
public record RetrainSpec(
        String model,
        Architecture architecture,
        Base base,
        Train train,
        Replay replay,
        Trigger trigger,
        DriftLimits drift,
        Gate gate,
        Limits limits,
        @Nullable Rollout rollout) {
    private static final String EXAMPLE = "retrain.yaml";
    private static final JsonMapper JSON = new JsonMapper();

    @JsonCreator
    static RetrainSpec of(
            @JsonProperty("model") @Nullable String model,
            @JsonProperty("architecture") @Nullable String architecture,
            @JsonProperty("base") @Nullable Base base,
            @JsonProperty("train") @Nullable Train train,
            @JsonProperty("replay") @Nullable Replay replay,
            @JsonProperty("trigger") @Nullable Trigger trigger,
            @JsonProperty("drift") @Nullable DriftKeys drift,
            @JsonProperty("gate") @Nullable Gate gate,
            @JsonProperty("limits") @Nullable Limits limits,
            @JsonProperty("rollout") @Nullable Rollout rollout) {
        if (model == null) {
            throw new IllegalArgumentException("model: absent (expected: a model name, such as fashion-mnist)");
        }
        if (base == null) {
            throw new IllegalArgumentException("base: absent (expected: keys and values, its dataset at least)");
        }
        return new RetrainSpec(
                ControlKey.requireModelName(model),
                architecture == null ? Architecture.RESNET_MINI : Architecture.parse(architecture),
                base,
                train == null ? Train.DEFAULT : train,
                replay == null ? Replay.DEFAULT : replay,
                trigger == null ? Trigger.DEFAULT : trigger,
                drift == null ? DriftLimits.DEFAULT : drift.limits(),
                gate == null ? Gate.DEFAULT : gate,
                limits == null ? Limits.DEFAULT : limits,
                rollout);
    }

    /**
     * Reads a file. The path of the weights that it names begins at its folder.
     *
     * @throws IOException when it is missing, not YAML, or has a key or a value that does not belong there, or there are no such weights
     */
    public static RetrainSpec read(Path file) throws IOException {
        RetrainSpec read = YamlFile.read(file, RetrainSpec.class);
        Base base = read.base.beside(file.toAbsolutePath());
        if (base.weights != null && !Files.isRegularFile(base.weights)) {
            throw new IOException(
                    "%s: base.weights: %s: no such file (expected: weights of `train`)".formatted(file, base.weights));
        }
        return read.with(base);
    }

    /**
     * Reads what {@link #text} wrote.
     *
     * @param name of where it is from, for messages
     * @throws IOException as {@link #read}, but for the weights
     */
    public static RetrainSpec parse(String text, String name) throws IOException {
        return YamlFile.parse(text, name, RetrainSpec.class);
    }

    /** A file with every key and what it means. */
    public static String example() {
        try (InputStream in = RetrainSpec.class.getResourceAsStream(EXAMPLE)) {
            return new String(Objects.requireNonNull(in, EXAMPLE).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(EXAMPLE + ": not in this build", e);
        }
    }

    private RetrainSpec with(Base other) {
        return new RetrainSpec(model, architecture, other, train, replay, trigger, drift, gate, limits, rollout);
    }

    /** This as a file that says all of it. */
    public String text() {
        StringBuilder text = new StringBuilder();
        line(text, "model: %s", model);
        line(text, "architecture: %s", architecture.id());
        line(text, "base:");
        line(text, "  dataset: %s", quoted(base.dataset.toString()));
        Integer images = base.images;
        line(text, images == null ? "  # images: all" : "  images: " + images);
        Path weights = base.weights;
        line(text, weights == null ? "  # weights: none" : "  weights: " + quoted(weights.toString()));
        line(text, "train:");
        line(text, "  epochs: %d", train.epochs);
        line(text, "  batch: %d", train.batch);
        line(text, "  learning_rate: %s", train.learningRate);
        line(text, "  flip: %s", train.flip.name().toLowerCase(Locale.ROOT));
        line(text, "  seed: %d", train.seed);
        line(text, "replay:");
        line(text, "  images: %d", replay.images);
        line(text, "  held_out: %s", replay.heldOut);
        line(text, "  share: %s", replay.share);
        line(text, "trigger:");
        Integer labels = trigger.labels;
        line(text, labels == null ? "  # labels: not by their number" : "  labels: " + labels);
        line(text, "  least_labels: %d", trigger.leastLabels);
        Duration every = trigger.every;
        line(text, every == null ? "  # every: not by time" : "  every: " + Notation.text(every));
        line(text, "drift:");
        line(text, "  psi: %s", drift.psi());
        line(text, "  confidence_drop: %s", drift.confidenceDrop());
        line(text, "  window: %d", drift.window());
        line(text, "gate:");
        line(text, "  base_drop: %s", gate.baseDrop);
        line(text, "  replay_gain: %s", gate.replayGain);
        line(text, "limits:");
        line(text, "  memory_mib: %d", limits.memoryMib);
        line(text, "  disk_mib: %d", limits.diskMib);
        line(text, "  threads: %d", limits.threads);
        line(text, limits.cpus.isEmpty() ? "  # cpus: any" : "  cpus: " + limits.cpus);
        line(text, "  minutes: %s", limits.minutes);
        if (rollout == null) {
            line(text, "# rollout: none, it waits to be promoted");
        } else {
            line(text, "rollout:");
            line(text, "  kind: %s", rollout.kind.id());
            if (!rollout.steps.isEmpty()) {
                String steps = rollout.steps.stream().map(TrialCommand::percent).collect(Collectors.joining(", "));
                line(text, "  steps: [%s]", steps);
                line(text, "  hold: %s", Notation.text(rollout.hold));
            }
        }
        return text.toString();
    }

    private static void line(StringBuilder text, String format, Object... values) {
        // What is put together already may have a % of its own.
        text.append(values.length == 0 ? format : String.format(Locale.ROOT, format, values))
                .append('\n');
    }

    /** YAML reads the strings of JSON. */
    private static String quoted(String text) {
        try {
            return JSON.writeValueAsString(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("strings always have a JSON form", e);
        }
    }

    /**
     * What was known before the stream.
     *
     * @param images of its training images in a run, from 1, chosen by seed; null: all
     * @param weights to go on from where the trainer has none of the champion; null: from scratch
     */
    public record Base(
            DatasetSpec dataset,
            @Nullable Integer images,
            @Nullable Path weights) {
        /** @throws IllegalArgumentException for a number below 1 */
        public Base {
            if (images != null) {
                requireFrom("images", images, 1);
            }
        }

        @JsonCreator
        static Base of(
                @JsonProperty("dataset") @Nullable String dataset,
                @JsonProperty("images") @Nullable Integer images,
                @JsonProperty("weights") @Nullable String weights) {
            if (dataset == null) {
                throw new IllegalArgumentException("dataset: absent (expected: %s)".formatted(DatasetSpec.FORMS));
            }
            try {
                return new Base(DatasetSpec.parse(dataset), images, weights == null ? null : Path.of(weights));
            } catch (IllegalArgumentException e) {
                // The key is called so; what else it says is the same.
                throw new IllegalArgumentException(
                        String.valueOf(e.getMessage()).replaceFirst("^data set:", "dataset:"), e);
            }
        }

        private Base beside(Path file) {
            Path named = weights;
            return new Base(dataset, images, named == null ? null : file.resolveSibling(named));
        }
    }

    /**
     * How a run learns; what is not here is as {@link Recipe#STANDARD} has it.
     *
     * @param learningRate at its peak
     * @param flip when training images are mirrored
     * @param seed of all that is left to chance
     */
    public record Train(int epochs, int batch, double learningRate, Flip flip, long seed) {
        static final Train DEFAULT = new Train(3, 128, 0.02, Flip.RANDOM, 1);

        /** @throws IllegalArgumentException for a number out of range */
        public Train {
            requireFrom("epochs", epochs, 1);
            requireFrom("batch", batch, 2);
            requireAbove0("learning_rate", learningRate);
        }

        @JsonCreator
        static Train of(
                @JsonProperty("epochs") @Nullable Integer epochs,
                @JsonProperty("batch") @Nullable Integer batch,
                @JsonProperty("learning_rate") @Nullable Double learningRate,
                @JsonProperty("flip") @Nullable String flip,
                @JsonProperty("seed") @Nullable Long seed) {
            return new Train(
                    epochs == null ? DEFAULT.epochs : epochs,
                    batch == null ? DEFAULT.batch : batch,
                    learningRate == null ? DEFAULT.learningRate : learningRate,
                    flip == null ? DEFAULT.flip : oneOf("flip", flip, Flip.class),
                    seed == null ? DEFAULT.seed : seed);
        }

        Recipe recipe() {
            Recipe standard = Recipe.STANDARD;
            Augmentation augmentation = standard.augmentation();
            return new Recipe(
                    epochs,
                    batch,
                    learningRate,
                    standard.momentum(),
                    standard.weightDecay(),
                    standard.labelSmoothing(),
                    standard.averaging(),
                    new Augmentation(flip, augmentation.shift(), augmentation.erase()),
                    seed);
        }
    }

    /**
     * What the stream has taught.
     *
     * @param images kept at most
     * @param heldOut share of them that is never trained on, above 0 to 0.5
     * @param share of what is trained on, 0 to 0.95
     */
    public record Replay(int images, double heldOut, double share) {
        static final Replay DEFAULT = new Replay(20_000, 0.2, 0.5);

        /** @throws IllegalArgumentException for a number out of range */
        public Replay {
            requireFrom("images", images, 1);
            if (!(heldOut > 0 && heldOut <= 0.5)) {
                throw new IllegalArgumentException("held_out: %s (expected: above 0, to 0.5)".formatted(heldOut));
            }
            if (!(share >= 0 && share <= 0.95)) {
                throw new IllegalArgumentException("share: %s (expected: 0 to 0.95)".formatted(share));
            }
        }

        @JsonCreator
        static Replay of(
                @JsonProperty("images") @Nullable Integer images,
                @JsonProperty("held_out") @Nullable Double heldOut,
                @JsonProperty("share") @Nullable Double share) {
            return new Replay(
                    images == null ? DEFAULT.images : images,
                    heldOut == null ? DEFAULT.heldOut : heldOut,
                    share == null ? DEFAULT.share : share);
        }
    }

    /**
     * What sets a run off, beside drift and people.
     *
     * @param labels so many new ones; null: not by their number
     * @param leastLabels so many new ones before drift does
     * @param every so long after the last one; null: not by time
     */
    public record Trigger(
            @Nullable Integer labels,
            int leastLabels,
            @Nullable Duration every) {
        static final Trigger DEFAULT = new Trigger(null, 500, null);

        /** @throws IllegalArgumentException for a number below 1 */
        public Trigger {
            if (labels != null) {
                requireFrom("labels", labels, 1);
            }
            requireFrom("least_labels", leastLabels, 1);
            if (every != null && every.toMillis() < 1) {
                throw new IllegalArgumentException("every: 0 (expected: a time such as 6h)");
            }
        }

        @JsonCreator
        static Trigger of(
                @JsonProperty("labels") @Nullable Integer labels,
                @JsonProperty("least_labels") @Nullable Integer leastLabels,
                @JsonProperty("every") @Nullable String every) {
            return new Trigger(
                    labels,
                    leastLabels == null ? DEFAULT.leastLabels : leastLabels,
                    every == null ? null : time("every", every));
        }
    }

    /** From when on the champion's answers are others than they were, as the file says it. */
    record DriftKeys(
            @JsonProperty("psi") @Nullable Double psi,
            @JsonProperty("confidence_drop") @Nullable Double confidenceDrop,
            @JsonProperty("window") @Nullable Integer window) {
        /** @throws IllegalArgumentException for a number out of range */
        DriftKeys {
            DriftLimits unused = limits(psi, confidenceDrop, window);
        }

        DriftLimits limits() {
            return limits(psi, confidenceDrop, window);
        }

        private static DriftLimits limits(
                @Nullable Double psi, @Nullable Double confidenceDrop, @Nullable Integer window) {
            DriftLimits usual = DriftLimits.DEFAULT;
            return new DriftLimits(
                    psi == null ? usual.psi() : psi,
                    confidenceDrop == null ? usual.confidenceDrop() : confidenceDrop,
                    window == null ? usual.window() : window);
        }
    }

    /**
     * What a candidate must hold against the champion, in points of top-1.
     *
     * @param baseDrop lost at most on base validation images
     * @param replayGain won at least on the replayed images that were held out; below 0: so much may be lost
     */
    public record Gate(double baseDrop, double replayGain) {
        static final Gate DEFAULT = new Gate(5, 0);

        /** @throws IllegalArgumentException for a number out of range */
        public Gate {
            if (!(baseDrop >= 0 && baseDrop <= 100)) {
                throw new IllegalArgumentException("base_drop: %s (expected: 0 to 100 points)".formatted(baseDrop));
            }
            if (!(replayGain >= -100 && replayGain <= 100)) {
                throw new IllegalArgumentException(
                        "replay_gain: %s (expected: -100 to 100 points)".formatted(replayGain));
            }
        }

        @JsonCreator
        static Gate of(
                @JsonProperty("base_drop") @Nullable Double baseDrop,
                @JsonProperty("replay_gain") @Nullable Double replayGain) {
            return new Gate(
                    baseDrop == null ? DEFAULT.baseDrop : baseDrop,
                    replayGain == null ? DEFAULT.replayGain : replayGain);
        }
    }

    /**
     * What a run may take.
     *
     * @param memoryMib resident memory of its process, Java heap and PyTorch together; from 512
     * @param diskMib of all runs together
     * @param threads of PyTorch
     * @param cpus that its process is tied to; none: any
     * @param minutes from the start of its process to its end
     */
    public record Limits(int memoryMib, int diskMib, int threads, List<Integer> cpus, double minutes) {
        static final Limits DEFAULT = new Limits(4_096, 2_048, 1, List.of(), 120);

        /** @throws IllegalArgumentException for a number out of range */
        public Limits {
            requireFrom("memory_mib", memoryMib, 512);
            requireFrom("disk_mib", diskMib, 1);
            requireFrom("threads", threads, 1);
            for (Integer cpu : cpus) {
                if (cpu == null) {
                    throw new IllegalArgumentException("cpus: null (expected: numbers of CPUs)");
                }
                requireFrom("cpus", cpu, 0);
            }
            requireAbove0("minutes", minutes);
            cpus = List.copyOf(cpus);
        }

        @JsonCreator
        static Limits of(
                @JsonProperty("memory_mib") @Nullable Integer memoryMib,
                @JsonProperty("disk_mib") @Nullable Integer diskMib,
                @JsonProperty("threads") @Nullable Integer threads,
                @JsonProperty("cpus") @Nullable List<Integer> cpus,
                @JsonProperty("minutes") @Nullable Double minutes) {
            if (cpus != null && cpus.isEmpty()) {
                throw new IllegalArgumentException(
                        "cpus: none (expected: numbers of CPUs, such as [0, 1]; any without this key)");
            }
            return new Limits(
                    memoryMib == null ? DEFAULT.memoryMib : memoryMib,
                    diskMib == null ? DEFAULT.diskMib : diskMib,
                    threads == null ? DEFAULT.threads : threads,
                    cpus == null ? DEFAULT.cpus : cpus,
                    minutes == null ? DEFAULT.minutes : minutes);
        }

        /** Bytes on disk. */
        public long diskBytes() {
            return (long) diskMib << 20;
        }

        /**
         * Looks whether a process may be tied to the CPUs here.
         *
         * @throws IllegalArgumentException when it may not be to one of them
         */
        public void requireCpus() {
            BitSet allowed = CpuPin.allowed();
            for (int cpu : cpus) {
                if (!allowed.get(cpu)) {
                    throw new IllegalArgumentException("limits.cpus: %d (expected: some of CPUs %s)"
                            .formatted(
                                    cpu,
                                    allowed.stream().mapToObj(String::valueOf).collect(Collectors.joining(", "))));
                }
            }
        }

        BitSet mask() {
            BitSet mask = new BitSet();
            cpus.forEach(mask::set);
            return mask;
        }
    }

    /**
     * What becomes of a version that is published.
     *
     * @param steps shares of 10,000 requests, ascending; one of a shadow, none where it is promoted at once
     * @param hold how long each is kept at least
     */
    public record Rollout(Kind kind, List<Integer> steps, Duration hold) {
        /** How it is tried. */
        public enum Kind {
            /** It answers a growing share. */
            CANARY,
            /** It sees copies of a share. */
            SHADOW,
            /** It answers at once. */
            PROMOTE;

            String id() {
                return name().toLowerCase(Locale.ROOT);
            }
        }

        /** @throws IllegalArgumentException for steps that do not fit the kind */
        public Rollout {
            steps = List.copyOf(steps);
            boolean fit =
                    switch (kind) {
                        case CANARY -> !steps.isEmpty();
                        case SHADOW -> steps.size() == 1;
                        case PROMOTE -> steps.isEmpty();
                    };
            if (!fit) {
                throw new IllegalArgumentException("steps: %d of them (expected: %s)"
                        .formatted(
                                steps.size(),
                                switch (kind) {
                                    case CANARY -> "1 or more of a canary";
                                    case SHADOW -> "1 of a shadow";
                                    case PROMOTE -> "none where it is promoted at once";
                                }));
            }
        }

        @JsonCreator
        static Rollout of(
                @JsonProperty("kind") @Nullable String kind,
                @JsonProperty("steps") @Nullable List<String> steps,
                @JsonProperty("hold") @Nullable String hold) {
            if (kind == null) {
                throw new IllegalArgumentException("kind: absent (expected: canary, shadow or promote)");
            }
            List<Integer> shares = (steps == null ? List.<String>of() : steps)
                    .stream().map(RetrainSpec::share).toList();
            Rollout rollout = new Rollout(
                    oneOf("kind", kind, Kind.class), shares, hold == null ? Duration.ZERO : time("hold", hold));
            // Refuses steps that do not ascend.
            RolloutCommand unused = rollout.command("model", 1);
            return rollout;
        }

        /** What it asks of the registry for a version that is published. */
        public RolloutCommand command(String model, int version) {
            VersionName name = VersionName.of(version);
            return switch (kind) {
                case CANARY -> new TrialCommand.Canary(model, name, steps, hold, TrialCommand.Choice.BY_REQUEST);
                case SHADOW -> new TrialCommand.Shadow(model, name, steps.get(0), TrialCommand.Choice.BY_REQUEST);
                case PROMOTE -> new RolloutCommand.Promote(model, name);
            };
        }
    }

    private static <E extends Enum<E>> E oneOf(String key, String text, Class<E> type) {
        E[] known = type.getEnumConstants();
        return Arrays.stream(known)
                .filter(value -> value.name().toLowerCase(Locale.ROOT).equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("%s: %s (expected: %s)"
                        .formatted(
                                key,
                                text,
                                Arrays.stream(known)
                                        .map(value -> value.name().toLowerCase(Locale.ROOT))
                                        .collect(Collectors.joining(", ")))));
    }

    private static Duration time(String key, String text) {
        try {
            return Notation.time(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(key + ": " + e.getMessage(), e);
        }
    }

    private static int share(String text) {
        try {
            return Notation.share(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("steps: " + e.getMessage(), e);
        }
    }

    private static void requireFrom(String key, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException("%s: %d (expected: from %d)".formatted(key, value, least));
        }
    }

    private static void requireAbove0(String key, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException("%s: %s (expected: a number above 0)".formatted(key, value));
        }
    }
}
