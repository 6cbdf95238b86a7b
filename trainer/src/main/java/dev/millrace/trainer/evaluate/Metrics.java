package dev.millrace.trainer.evaluate;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.millrace.trainer.yaml.YamlFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How F-beta is computed, as a file says:
 *
 * <pre>{@code
 * beta: 2          # recall counts twice as much as precision; 1 where it is left out
 * weights:         # classes that are not named weigh 1
 *   Shirt: 3
 *   Bag: 0
 * }</pre>
 *
 * @param beta more than 0
 * @param weights by class name, none negative and one at least above 0; null: every class weighs as many images as it has
 */
public record Metrics(double beta, @Nullable Map<String, Double> weights) {
    /** F1, weighted by the images of a class. */
    public static final Metrics DEFAULT = new Metrics(1, null);

    /** @throws IllegalArgumentException for a beta or a weight out of range */
    public Metrics {
        if (!(beta > 0) || !Double.isFinite(beta)) {
            throw new IllegalArgumentException("beta: %s (expected: a number above 0)".formatted(beta));
        }
        if (weights != null) {
            weights = Map.copyOf(checked(weights));
        }
    }

    @JsonCreator
    static Metrics of(
            @JsonProperty("beta") @Nullable Double beta,
            @JsonProperty("weights") @Nullable Map<String, Double> weights) {
        return new Metrics(beta == null ? 1 : beta, weights);
    }

    /**
     * Reads the file above.
     *
     * @throws IOException when it is missing, not YAML, or has a key or a value that does not belong there
     */
    public static Metrics read(Path file) throws IOException {
        return YamlFile.read(file, Metrics.class);
    }

    /**
     * Compares the names that have weights with those of the classes.
     *
     * @throws IllegalArgumentException for a name that is no class
     */
    public void requireClasses(List<String> classes) {
        if (weights != null) {
            for (String name : new TreeMap<>(weights).keySet()) {
                if (!classes.contains(name)) {
                    throw new IllegalArgumentException(
                            "weights.%s: no such class (expected: one of %s)".formatted(name, classes));
                }
            }
        }
    }

    double[] weightsOf(List<ClassReport> classes) {
        Map<String, Double> named = weights;
        return classes.stream()
                .mapToDouble(report -> named == null ? report.images() : named.getOrDefault(report.label(), 1.0))
                .toArray();
    }

    private static Map<String, Double> checked(Map<String, Double> weights) {
        for (Map.Entry<String, Double> entry : new TreeMap<>(weights).entrySet()) {
            Double weight = entry.getValue();
            if (weight == null || !(weight >= 0) || weight.isInfinite()) {
                throw new IllegalArgumentException(
                        "weights.%s: %s (expected: a number from 0)".formatted(entry.getKey(), weight));
            }
        }
        if (weights.values().stream().allMatch(weight -> weight == 0)) {
            throw new IllegalArgumentException(
                    weights.isEmpty()
                            ? "weights: none (expected: a weight for one class at least)"
                            : "weights: all 0 (expected: one above 0)");
        }
        return weights;
    }
}
