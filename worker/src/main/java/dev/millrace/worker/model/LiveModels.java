package dev.millrace.worker.model;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The model versions that answer now, one per model name. The rollout thread swaps, lanes lease; a lane never
 * waits: it reads one volatile map and counts one atomic up and down.
 *
 * <p>The empty name means the configured default model, or without one the only model that is live.
 */
public final class LiveModels implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LiveModels.class);

    private final String defaultModel;
    /** By name; immutable, replaced as a whole under this object's lock, read without it. */
    private volatile Map<String, LiveModel> models = Map.of();

    private boolean closed;

    /** @param defaultModel name that the empty name stands for; empty: the only live model */
    public LiveModels(String defaultModel) {
        this.defaultModel = defaultModel;
    }

    /**
     * A lease on what is live under a name.
     *
     * @param name model name; empty for the default
     * @return null if no such model is live, or several are and none is the default
     */
    public @Nullable ModelLease lease(String name) {
        return lease(models -> resolve(models, name));
    }

    /** As {@link #lease(String)}, but only if the live version is this one. */
    public @Nullable ModelLease lease(String name, int version) {
        return lease(models -> {
            LiveModel model = resolve(models, name);
            return model != null && model.spec().version() == version ? model : null;
        });
    }

    private @Nullable ModelLease lease(Function<Map<String, LiveModel>, @Nullable LiveModel> choice) {
        while (true) {
            LiveModel model = choice.apply(models);
            if (model == null) {
                return null;
            }
            ModelLease lease = model.tryLease();
            if (lease != null) {
                return lease;
            }
            // Retired between the two steps: what replaced it was installed before that.
        }
    }

    private @Nullable LiveModel resolve(Map<String, LiveModel> models, String name) {
        if (!name.isEmpty()) {
            return models.get(name);
        }
        if (!defaultModel.isEmpty()) {
            return models.get(defaultModel);
        }
        return models.size() == 1 ? models.values().iterator().next() : null;
    }

    /** The live versions, in no order. */
    public List<ModelSpec> live() {
        return models.values().stream().map(LiveModel::spec).toList();
    }

    /** The same with their leases, for others to look at; lease through this object only. */
    public List<LiveModel> versions() {
        return List.copyOf(models.values());
    }

    /** Where live versions run on a CPU because their lane's device could not be used. */
    public List<Fallback> fallbacks() {
        return models.values().stream()
                .flatMap(model -> model.fallbacks().stream())
                .toList();
    }

    /** Whether nothing is live yet. */
    public boolean isEmpty() {
        return models.isEmpty();
    }

    /**
     * Makes {@code next} the live version of a model and retires the one before it, whose sessions close with its
     * last lease.
     *
     * @throws IllegalStateException if closed; {@code next} is retired then
     */
    public void swap(String name, LiveModel next) {
        LiveModel previous = install(name, next);
        if (previous != null && previous != next) {
            previous.retire();
        }
    }

    private synchronized @Nullable LiveModel install(String name, LiveModel next) {
        if (closed) {
            next.retire();
            throw new IllegalStateException("live models: closed (expected: open)");
        }
        Map<String, LiveModel> replaced = new HashMap<>(models);
        LiveModel previous = replaced.put(name, next);
        models = Map.copyOf(replaced);
        return previous;
    }

    /** Retires all versions. One that is still leased is reported, and closes with its last lease. */
    @Override
    public void close() {
        for (LiveModel model : uninstallAll()) {
            model.retire();
            if (model.leases() > 0) {
                LOG.warn("model {} is still leased {} times at close", model.spec(), model.leases());
            }
        }
    }

    private synchronized Collection<LiveModel> uninstallAll() {
        Collection<LiveModel> last = models.values();
        models = Map.of();
        closed = true;
        return last;
    }
}
