package dev.millrace.trainer.fit;

import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.net.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a run does: the recipe, and what it builds on.
 *
 * @param tuning where the weights come from at first; null: they are random
 * @param distillation who teaches beside the labels; null: nobody
 */
public record TrainingPlan(
        Recipe recipe,
        @Nullable FineTuning tuning,
        @Nullable Distillation distillation) {
    /** From random weights, by the labels alone. */
    public static TrainingPlan fromScratch(Recipe recipe) {
        return new TrainingPlan(recipe, null, null);
    }

    /** Names data, network and plan. What does not apply adds nothing, so that checkpoints of such runs stay readable. */
    String identity(Dataset data, Network network) {
        List<String> parts = new ArrayList<>(
                List.of(network.architecture(), data.name(), data.sha256().substring(0, 16), recipe.toJson()));
        if (!network.input().equals(data.shape())) {
            parts.add("input=" + network.input());
        }
        if (tuning != null) {
            parts.add(tuning.identity());
        }
        if (distillation != null) {
            parts.add(distillation.identity());
        }
        return String.join(" ", parts);
    }

    /** What a model says about how it was made. */
    Map<String, String> lineage() {
        Map<String, String> lineage = new TreeMap<>(Map.of("recipe", recipe.toJson()));
        if (tuning != null) {
            lineage.putAll(tuning.lineage());
        }
        if (distillation != null) {
            lineage.putAll(distillation.lineage());
        }
        return lineage;
    }
}
