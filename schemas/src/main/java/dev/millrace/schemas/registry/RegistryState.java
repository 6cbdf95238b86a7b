package dev.millrace.schemas.registry;

import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.topic.ControlKey;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * What the control topic says, as a pure fold over its records: for each key the record with the highest offset counts, so that
 * duplicates, replays, compaction and any order across keys end in the same state. Immutable.
 *
 * @param entries by key, the last record of each, tombstones included
 */
public record RegistryState(Map<ControlKey, Entry> entries) {
    /** Before the first record. */
    public static final RegistryState EMPTY = new RegistryState(Map.of());

    /** The last record of a key: its offset and its value, null for a tombstone. */
    public record Entry(long offset, @Nullable SpecificRecord value) {}

    /**
     * What is decided for a model.
     *
     * @param epoch the rollout epoch: the offset of the rollout record
     */
    public record Decision(Rollout rollout, long epoch) {}

    /** Copies the map. */
    public RegistryState {
        entries = Map.copyOf(entries);
    }

    /** This state and one more record; {@code value} null for a tombstone. */
    RegistryState with(ControlKey key, long offset, @Nullable SpecificRecord value) {
        Entry known = entries.get(key);
        if (known != null && known.offset() >= offset) {
            return this;
        }
        Map<ControlKey, Entry> next = new HashMap<>(entries);
        next.put(key, new Entry(offset, value));
        return new RegistryState(next);
    }

    /** The decision for each model that there is one for, by model name. */
    public Map<String, Decision> decisions() {
        Map<String, Decision> decisions = new TreeMap<>();
        entries.forEach((key, entry) -> {
            if (key instanceof ControlKey.RolloutOf of && entry.value() instanceof Rollout rollout) {
                decisions.put(of.name(), new Decision(rollout, entry.offset()));
            }
        });
        return decisions;
    }

    /** The decision for one model; null when there is none. */
    public @Nullable Decision decision(String model) {
        Entry entry = entries.get(new ControlKey.RolloutOf(model));
        return entry != null && entry.value() instanceof Rollout rollout ? new Decision(rollout, entry.offset()) : null;
    }

    /** The signed manifest of every version that is published and not retired. */
    public Map<ControlKey.Model, ModelVersion> versions() {
        Map<ControlKey.Model, ModelVersion> versions = new HashMap<>();
        entries.forEach((key, entry) -> {
            if (key instanceof ControlKey.Model model && entry.value() instanceof ModelVersion version) {
                versions.put(model, version);
            }
        });
        return versions;
    }

    /** The signed manifest of a version, or null when it was never published or is retired. */
    public @Nullable ModelVersion version(String model, int version) {
        Entry entry = entries.get(new ControlKey.Model(model, version));
        return entry != null && entry.value() instanceof ModelVersion published ? published : null;
    }

    /** The highest version of that name that was ever published, as far as is known; 0 for none. */
    public int latest(String name) {
        int highest = entries.keySet().stream()
                .filter(key ->
                        key instanceof ControlKey.Model model && model.name().equals(name))
                .mapToInt(key -> ((ControlKey.Model) key).version())
                .max()
                .orElse(0);
        Decision decision = decision(name);
        return decision == null
                ? highest
                : Math.max(
                        highest,
                        Math.max(
                                decision.rollout().getLatest(),
                                decision.rollout().getChampion()));
    }
}
