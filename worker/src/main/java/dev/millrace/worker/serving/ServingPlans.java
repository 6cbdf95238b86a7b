package dev.millrace.worker.serving;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The plan of each model. The rollout thread replaces plans; a lane never waits: it reads one volatile map.
 *
 * <p>The empty name means the configured default model, or without one the only model that there is.
 */
public final class ServingPlans {
    private final String defaultModel;
    /** Immutable, replaced as a whole. */
    private volatile Map<String, ServingPlan> plans = Map.of();

    /** @param defaultModel name that the empty name stands for; empty: the only model */
    public ServingPlans(String defaultModel) {
        this.defaultModel = defaultModel;
    }

    /**
     * The plan that a request for this model follows.
     *
     * @param name model name; empty for the default
     * @return null if nobody answers for such a model, or for several and none is the default
     */
    public @Nullable ServingPlan of(String name) {
        Map<String, ServingPlan> now = plans;
        if (!name.isEmpty()) {
            return now.get(name);
        }
        if (!defaultModel.isEmpty()) {
            return now.get(defaultModel);
        }
        return now.size() == 1 ? now.values().iterator().next() : null;
    }

    /** Replaces the model's plan. Whatever it names has to be loaded before, and may be unloaded only after the next one. */
    public synchronized void follow(ServingPlan plan) {
        Map<String, ServingPlan> replaced = new HashMap<>(plans);
        replaced.put(plan.model(), plan);
        plans = Map.copyOf(replaced);
    }

    /** Whether nobody answers for anything yet. */
    public boolean isEmpty() {
        return plans.isEmpty();
    }
}
