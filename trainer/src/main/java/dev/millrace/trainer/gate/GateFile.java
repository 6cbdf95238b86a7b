package dev.millrace.trainer.gate;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.millrace.trainer.evaluate.Metrics;
import dev.millrace.trainer.yaml.YamlFile;
import dev.millrace.worker.rehearsal.ProcessLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of a candidate. What is left out is not asked; latency, memory and time have limits all the same.
 *
 * <pre>{@code
 * minimum:                 # shares, 0 to 1
 *   top1: 0.93
 *   top5: 0.99
 *   weighted_fbeta: 0.92   # see metrics
 *   recall:                # by class
 *     Shirt: 0.75
 * metrics:                 # see Metrics
 *   beta: 2
 *   weights:
 *     Shirt: 3
 * max_drop:                # points of top-1 that it may be worse
 *   fp32: 1
 *   champion: 0.5
 * max_p99_ms: 50           # one image at a time, in one thread
 * max_bytes: 600000        # of the file
 * golden:
 *   file: golden.json      # beside this file
 *   tolerance: 0.01        # of a logit
 * child:                   # limits of the process that runs it
 *   memory_mib: 2048
 *   seconds: 120
 * }</pre>
 *
 * @param maxP99Ms above 0
 * @param maxBytes above 0; null: any size
 * @param golden null: none
 */
public record GateFile(
        Minimum minimum,
        Metrics metrics,
        MaxDrop maxDrop,
        double maxP99Ms,
        @Nullable Long maxBytes,
        @Nullable Golden golden,
        Child child) {
    /** What an empty file would say: the limits that are there all the same. */
    public static final GateFile DEFAULT = of(null, null, null, null, null, null, null);

    private static final double DEFAULT_MAX_P99_MS = 50;

    /** @throws IllegalArgumentException for a limit out of range */
    public GateFile {
        requireAbove0("max_p99_ms", maxP99Ms);
        if (maxBytes != null) {
            requireAbove0("max_bytes", maxBytes);
        }
    }

    @JsonCreator
    static GateFile of(
            @JsonProperty("minimum") @Nullable Minimum minimum,
            @JsonProperty("metrics") @Nullable Metrics metrics,
            @JsonProperty("max_drop") @Nullable MaxDrop maxDrop,
            @JsonProperty("max_p99_ms") @Nullable Double maxP99Ms,
            @JsonProperty("max_bytes") @Nullable Long maxBytes,
            @JsonProperty("golden") @Nullable Golden golden,
            @JsonProperty("child") @Nullable Child child) {
        return new GateFile(
                minimum == null ? Minimum.NONE : minimum,
                metrics == null ? Metrics.DEFAULT : metrics,
                maxDrop == null ? MaxDrop.NONE : maxDrop,
                maxP99Ms == null ? DEFAULT_MAX_P99_MS : maxP99Ms,
                maxBytes,
                golden,
                child == null ? Child.DEFAULT : child);
    }

    /**
     * Reads the file above.
     *
     * @throws IOException when it is missing, not YAML, or has a key or a value that does not belong there
     */
    public static GateFile read(Path file) throws IOException {
        GateFile read = YamlFile.read(file, GateFile.class);
        Golden golden = read.golden;
        if (golden == null) {
            return read;
        }
        return new GateFile(
                read.minimum,
                read.metrics,
                read.maxDrop,
                read.maxP99Ms,
                read.maxBytes,
                new Golden(file.resolveSibling(golden.file()), golden.tolerance()),
                read.child);
    }

    /** This file without the comparison with a champion: for a model of which there is no other version yet. */
    public GateFile withoutChampion() {
        return new GateFile(minimum, metrics, new MaxDrop(maxDrop.fp32(), null), maxP99Ms, maxBytes, golden, child);
    }

    /**
     * The least shares, 0 to 1; null: not asked.
     *
     * @param recall by class name
     */
    public record Minimum(
            @Nullable Double top1,
            @Nullable Double top5,
            @Nullable Double weightedFbeta,
            Map<String, Double> recall) {
        static final Minimum NONE = new Minimum(null, null, null, Map.of());

        /** @throws IllegalArgumentException for a share out of range */
        public Minimum {
            requireShare("top1", top1);
            requireShare("top5", top5);
            requireShare("weighted_fbeta", weightedFbeta);
            new TreeMap<>(recall).forEach((name, share) -> {
                if (share == null) {
                    throw new IllegalArgumentException("recall.%s: absent (expected: 0 to 1)".formatted(name));
                }
                requireShare("recall." + name, share);
            });
            recall = Map.copyOf(recall);
        }

        @JsonCreator
        static Minimum of(
                @JsonProperty("top1") @Nullable Double top1,
                @JsonProperty("top5") @Nullable Double top5,
                @JsonProperty("weighted_fbeta") @Nullable Double weightedFbeta,
                @JsonProperty("recall") @Nullable Map<String, Double> recall) {
            return new Minimum(top1, top5, weightedFbeta, recall == null ? Map.of() : recall);
        }

        private static void requireShare(String name, @Nullable Double share) {
            if (share != null && !(share >= 0 && share <= 1)) {
                throw new IllegalArgumentException("%s: %s (expected: 0 to 1)".formatted(name, share));
            }
        }
    }

    /** How many points of top-1 the candidate may be worse than another model, from 0; null: not compared. */
    public record MaxDrop(@Nullable Double fp32, @Nullable Double champion) {
        static final MaxDrop NONE = new MaxDrop(null, null);

        /** @throws IllegalArgumentException for a negative number */
        public MaxDrop {
            requireFrom0("fp32", fp32);
            requireFrom0("champion", champion);
        }

        private static void requireFrom0(String name, @Nullable Double points) {
            if (points != null && !(points >= 0 && points <= 100)) {
                throw new IllegalArgumentException("%s: %s (expected: 0 to 100 points)".formatted(name, points));
            }
        }
    }

    /**
     * Inputs whose logits are known.
     *
     * @param file as {@link GoldenVectors} writes it
     * @param tolerance largest difference in a logit, from 0
     */
    public record Golden(Path file, double tolerance) {
        /** @throws IllegalArgumentException for a negative tolerance */
        public Golden {
            if (!(tolerance >= 0) || Double.isInfinite(tolerance)) {
                throw new IllegalArgumentException("tolerance: %s (expected: a number from 0)".formatted(tolerance));
            }
        }

        @JsonCreator
        static Golden of(
                @JsonProperty("file") @Nullable String file, @JsonProperty("tolerance") @Nullable Double tolerance) {
            if (file == null || tolerance == null) {
                throw new IllegalArgumentException(
                        (file == null ? "file" : "tolerance") + ": absent (expected: golden has file and tolerance)");
            }
            return new Golden(Path.of(file), tolerance);
        }
    }

    /**
     * Limits of the process that runs a candidate.
     *
     * @param memoryMib resident memory, all of it: the JVM takes some 150 of them
     * @param seconds from its start to its end
     */
    public record Child(int memoryMib, double seconds) {
        /** 2 GiB and two minutes. */
        public static final Child DEFAULT = new Child(2_048, 120);

        /** @throws IllegalArgumentException for numbers that are not above 0 */
        public Child {
            requireAbove0("memory_mib", memoryMib);
            requireAbove0("seconds", seconds);
        }

        ProcessLimits limits() {
            return new ProcessLimits(memoryMib, seconds);
        }

        @JsonCreator
        static Child of(
                @JsonProperty("memory_mib") @Nullable Integer memoryMib,
                @JsonProperty("seconds") @Nullable Double seconds) {
            return new Child(
                    memoryMib == null ? DEFAULT.memoryMib : memoryMib, seconds == null ? DEFAULT.seconds : seconds);
        }
    }

    void requireClasses(List<String> classes) {
        metrics.requireClasses(classes);
        for (String name : new TreeMap<>(minimum.recall()).keySet()) {
            if (!classes.contains(name)) {
                throw new IllegalArgumentException(
                        "minimum.recall.%s: no such class (expected: one of %s)".formatted(name, classes));
            }
        }
    }

    private static void requireAbove0(String name, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException("%s: %s (expected: a number above 0)".formatted(name, value));
        }
    }
}
