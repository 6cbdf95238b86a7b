package dev.millrace.worker.rollout;

import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.topic.ControlKey;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the control topic says, as a pure fold over its records: for each key the record with the highest offset counts,
 * so that duplicates, replays and any order across keys end in the same state. Immutable.
 *
 * @param entries by key, the last record of each, tombstones included
 */
record ControlState(Map<ControlKey, Entry> entries) {
    static final ControlState EMPTY = new ControlState(Map.of());

    /** The last record of a key: its offset and its value, null for a tombstone. */
    record Entry(long offset, @Nullable Object value) {}

    /**
     * The version that should answer for a model.
     *
     * @param epoch the rollout record's offset
     */
    record Champion(String model, int version, long epoch) {}

    ControlState {
        entries = Map.copyOf(entries);
    }

    /** This state and one more record. */
    ControlState with(ControlKey key, long offset, @Nullable Object value) {
        Entry known = entries.get(key);
        if (known != null && known.offset() >= offset) {
            return this;
        }
        Map<ControlKey, Entry> next = new HashMap<>(entries);
        next.put(key, new Entry(offset, value));
        return new ControlState(next);
    }

    /** The champion of each model that has one, by model name. */
    Map<String, Champion> champions() {
        Map<String, Champion> champions = new HashMap<>();
        entries.forEach((key, entry) -> {
            if (key instanceof ControlKey.RolloutOf && entry.value() instanceof Rollout rollout) {
                champions.put(
                        rollout.getModel(), new Champion(rollout.getModel(), rollout.getChampion(), entry.offset()));
            }
        });
        return champions;
    }

    /** The signed manifest of a version, or null when it was never published or is retired. */
    @Nullable
    ModelVersion version(String model, int version) {
        Entry entry = entries.get(new ControlKey.Model(model, version));
        return entry != null && entry.value() instanceof ModelVersion published ? published : null;
    }
}
