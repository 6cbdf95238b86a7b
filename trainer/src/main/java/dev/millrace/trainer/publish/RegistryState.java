package dev.millrace.trainer.publish;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.manifest.ManifestVerifier;
import dev.millrace.schemas.manifest.UntrustedManifestException;
import dev.millrace.schemas.topic.ControlKey;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The model registry as the control topic's records say: the last record of a key counts. Immutable.
 *
 * @param versions signed manifests by key
 * @param champions rollout records by model name
 */
public record RegistryState(Map<ControlKey.Model, ModelVersion> versions, Map<String, Rollout> champions) {
    static final RegistryState EMPTY = new RegistryState(Map.of(), Map.of());

    /**
     * A published version.
     *
     * @param champion whether the rollout record says that it answers
     */
    public record Entry(ModelManifest manifest, String keyId, boolean champion) {}

    public RegistryState {
        versions = Map.copyOf(versions);
        champions = Map.copyOf(champions);
    }

    RegistryState with(ControlKey.Model key, @Nullable ModelVersion version) {
        Map<ControlKey.Model, ModelVersion> next = new HashMap<>(versions);
        if (version == null) {
            next.remove(key);
        } else {
            next.put(key, version);
        }
        return new RegistryState(next, champions);
    }

    RegistryState with(ControlKey.RolloutOf key, @Nullable Rollout rollout) {
        Map<String, Rollout> next = new TreeMap<>(champions);
        if (rollout == null) {
            next.remove(key.name());
        } else {
            next.put(key.name(), rollout);
        }
        return new RegistryState(versions, next);
    }

    /** One more than the highest version of that name that is on record or has ever been champion. */
    int nextVersion(String name) {
        int highest = versions.keySet().stream()
                .filter(key -> key.name().equals(name))
                .mapToInt(ControlKey.Model::version)
                .max()
                .orElse(0);
        Rollout rollout = champions.get(name);
        return 1 + Math.max(highest, rollout == null ? 0 : rollout.getChampion());
    }

    /** Every version whose manifest can be read, by name, newest first. Nobody's signature is asked for here. */
    public List<Entry> entries() {
        return versions.keySet().stream()
                .sorted(Comparator.comparing(ControlKey.Model::name)
                        .thenComparing(ControlKey.Model::version, Comparator.reverseOrder()))
                .flatMap(key -> entry(key).stream())
                .toList();
    }

    /** One version; {@code version} 0 means the champion. */
    public Optional<Entry> find(String name, int version) {
        Rollout rollout = champions.get(name);
        int wanted = version > 0 || rollout == null ? version : rollout.getChampion();
        return wanted < 1 ? Optional.empty() : entry(new ControlKey.Model(name, wanted));
    }

    private Optional<Entry> entry(ControlKey.Model key) {
        ModelVersion version = versions.get(key);
        if (version == null) {
            return Optional.empty();
        }
        try {
            ModelManifest manifest = ManifestVerifier.trustingAnyone().open(version);
            Rollout rollout = champions.get(key.name());
            return Optional.of(
                    new Entry(manifest, version.getKeyId(), rollout != null && rollout.getChampion() == key.version()));
        } catch (UntrustedManifestException e) {
            return Optional.empty();
        }
    }
}
