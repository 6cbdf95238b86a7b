package dev.millrace.trainer.publish;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.manifest.ManifestVerifier;
import dev.millrace.schemas.manifest.UntrustedManifestException;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.registry.RegistryState.Decision;
import dev.millrace.schemas.topic.ControlKey;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A version on record whose manifest can be read. Nobody's signature is asked for here.
 *
 * @param champion whether the rollout record says that it answers
 */
public record PublishedVersion(ModelManifest manifest, String keyId, boolean champion) {
    /** All of them, by name, newest first. */
    public static List<PublishedVersion> all(RegistryState state) {
        return state.versions().keySet().stream()
                .sorted(Comparator.comparing(ControlKey.Model::name)
                        .thenComparing(ControlKey.Model::version, Comparator.reverseOrder()))
                .flatMap(key -> read(state, key.name(), key.version()).stream())
                .toList();
    }

    /** One of them, or none where its manifest cannot be read. */
    public static Optional<PublishedVersion> read(RegistryState state, String name, int version) {
        ModelVersion signed = state.version(name, version);
        if (signed == null) {
            return Optional.empty();
        }
        try {
            ModelManifest manifest = ManifestVerifier.trustingAnyone().open(signed);
            Decision decision = state.decision(name);
            boolean champion = decision != null && decision.rollout().getChampion() == version;
            return Optional.of(new PublishedVersion(manifest, signed.getKeyId(), champion));
        } catch (UntrustedManifestException e) {
            return Optional.empty();
        }
    }
}
