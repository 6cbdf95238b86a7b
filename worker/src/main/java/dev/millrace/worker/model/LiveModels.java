package dev.millrace.worker.model;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The model versions that are loaded. The model thread installs, the rollout thread retires, lanes lease; a lane never waits: it reads one volatile map and
 * counts one atomic up and down.
 */
public final class LiveModels implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LiveModels.class);

    /** Immutable, replaced as a whole under this object's lock, read without it. */
    private volatile Map<Key, LiveModel> models = Map.of();

    private boolean closed;

    private record Key(String name, int version) {
        static Key of(LiveModel model) {
            return new Key(model.spec().name(), model.spec().version());
        }
    }

    /** Nothing is loaded yet. */
    public LiveModels() {}

    /** A lease on a version; null if it is not loaded. */
    public @Nullable ModelLease lease(String name, int version) {
        Key key = new Key(name, version);
        while (true) {
            LiveModel model = models.get(key);
            if (model == null) {
                return null;
            }
            ModelLease lease = model.tryLease();
            if (lease != null) {
                return lease;
            }
            // Retired between the two steps: it was taken off the map before that.
        }
    }

    /** What is loaded, in no order. */
    public List<ModelSpec> live() {
        return models.values().stream().map(LiveModel::spec).toList();
    }

    /** The same with their leases, for others to look at; lease through this object only. */
    public List<LiveModel> versions() {
        return List.copyOf(models.values());
    }

    /** Where versions run on a CPU because their lane's device could not be used. */
    public List<Fallback> fallbacks() {
        return models.values().stream()
                .flatMap(model -> model.fallbacks().stream())
                .toList();
    }

    /** Whether nothing is loaded. */
    public boolean isEmpty() {
        return models.isEmpty();
    }

    /**
     * Lets a version be leased from now on.
     *
     * @throws IllegalStateException if closed, or the version is there already; {@code next} is retired then
     */
    public void install(LiveModel next) {
        String problem = put(next);
        if (problem != null) {
            next.retire();
            throw new IllegalStateException(problem);
        }
    }

    private synchronized @Nullable String put(LiveModel next) {
        if (closed) {
            return "live models: closed (expected: open)";
        }
        Map<Key, LiveModel> replaced = new HashMap<>(models);
        if (replaced.putIfAbsent(Key.of(next), next) != null) {
            return "model: " + next.spec() + " (expected: a version that is not loaded)";
        }
        models = Map.copyOf(replaced);
        return null;
    }

    /** Lets a version be leased no more; its sessions close with its last lease. Nothing happens if it is not loaded. */
    public void retire(String name, int version) {
        LiveModel gone = remove(new Key(name, version));
        if (gone != null) {
            gone.retire();
        }
    }

    private synchronized @Nullable LiveModel remove(Key key) {
        Map<Key, LiveModel> left = new HashMap<>(models);
        LiveModel gone = left.remove(key);
        models = Map.copyOf(left);
        return gone;
    }

    /** Retires all versions. One that is still leased is reported, and closes with its last lease. */
    @Override
    public void close() {
        for (LiveModel model : removeAll()) {
            model.retire();
            if (model.leases() > 0) {
                LOG.warn("model {} is still leased {} times at close", model.spec(), model.leases());
            }
        }
    }

    private synchronized Collection<LiveModel> removeAll() {
        Collection<LiveModel> last = models.values();
        models = Map.of();
        closed = true;
        return last;
    }
}
