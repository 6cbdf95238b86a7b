package dev.millrace.trainer.rollout;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.manifest.ManifestVerifier;
import dev.millrace.schemas.manifest.UntrustedManifestException;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.registry.RegistryState.Decision;
import dev.millrace.schemas.topic.ControlKey;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What somebody wants of the versions of a model that are on record. */
public sealed interface RolloutCommand {
    /** No artifact is larger: nobody has signed for what is read here. */
    long MOST_BYTES = 2L << 30;

    /** Name of the model. */
    String model();

    /**
     * What that comes to as things stand.
     *
     * @throws RolloutRefusedException when it cannot be done
     */
    Change decide(RegistryState state, Stamp stamp) throws RolloutRefusedException;

    /** Makes a version the champion. */
    record Promote(String model, VersionName version) implements RolloutCommand {
        @Override
        public Change decide(RegistryState state, Stamp stamp) throws RolloutRefusedException {
            int next = version.in(state, model);
            Rollout now = VersionName.decided(state, model);
            requireOther(next, now);
            return Change.to(champion(next, now.getChampion(), state, model, stamp), RolloutAction.PROMOTED, next);
        }
    }

    /**
     * Goes back to the champion before this one. That one has none before it: what was rolled back is not what to go back to next.
     *
     * @param to another version to go back to; null: the champion before
     */
    record Rollback(String model, @Nullable VersionName to) implements RolloutCommand {
        @Override
        public Change decide(RegistryState state, Stamp stamp) throws RolloutRefusedException {
            int back = (to == null ? new VersionName("previous") : to).in(state, model);
            requireOther(back, VersionName.decided(state, model));
            return Change.to(champion(back, 0, state, model, stamp), RolloutAction.ROLLED_BACK, back);
        }
    }

    /** Takes a version off the record, and its artifact off the artifacts topic. Its number is never used again. */
    record Retire(String model, VersionName version) implements RolloutCommand {
        @Override
        public Change decide(RegistryState state, Stamp stamp) throws RolloutRefusedException {
            int gone = version.in(state, model);
            Rollout now = VersionName.decided(state, model);
            if (gone == now.getChampion()) {
                throw new RolloutRefusedException(
                        "version: %d, which answers (expected: another one; promote one first)".formatted(gone));
            }
            int previous = gone == now.getPrevious() ? 0 : now.getPrevious();
            Rollout next = champion(now.getChampion(), previous, state, model, stamp);
            ControlKey.Model key = new ControlKey.Model(model, gone);
            return Change.to(next, RolloutAction.RETIRED, gone).retiring(key, artifactOf(key, state));
        }
    }

    /**
     * What a newly published version comes to.
     *
     * @param version one more than the latest
     * @param promote whether it answers from now on; the first version of a model does in any case
     */
    static Change published(RegistryState state, String model, int version, boolean promote, Stamp stamp) {
        Decision before = state.decision(model);
        int champion = before == null || promote ? version : before.rollout().getChampion();
        int previous = before == null
                ? 0
                : promote ? before.rollout().getChampion() : before.rollout().getPrevious();
        Rollout next = new Rollout(
                model,
                champion,
                stamp.at(),
                stamp.by(),
                stamp.reason(),
                previous,
                version,
                null,
                Map.of(),
                0,
                List.of());
        return Change.to(next, RolloutAction.PUBLISHED, version);
    }

    private static Rollout champion(int champion, int previous, RegistryState state, String model, Stamp stamp) {
        return new Rollout(
                model,
                champion,
                stamp.at(),
                stamp.by(),
                stamp.reason(),
                previous,
                state.latest(model),
                null,
                Map.of(),
                0,
                List.of());
    }

    private static void requireOther(int version, Rollout now) throws RolloutRefusedException {
        if (version == now.getChampion()) {
            throw new RolloutRefusedException(
                    "version: %d, which answers already (expected: another one)".formatted(version));
        }
    }

    /** The manifest whose artifact nobody else has, as far as can be read; none where it says what cannot be. */
    private static List<ModelManifest> artifactOf(ControlKey.Model key, RegistryState state) {
        Map<ControlKey.Model, ModelVersion> versions = state.versions();
        ModelManifest manifest = read(versions.get(key));
        if (manifest == null || manifest.getBytes() > MOST_BYTES) {
            return List.of();
        }
        boolean shared = versions.entrySet().stream()
                .filter(other -> !other.getKey().equals(key))
                .map(other -> read(other.getValue()))
                .anyMatch(other -> other == null || other.getSha256().equals(manifest.getSha256()));
        return shared ? List.of() : List.of(manifest);
    }

    private static @Nullable ModelManifest read(@Nullable ModelVersion version) {
        try {
            return version == null ? null : ManifestVerifier.trustingAnyone().open(version);
        } catch (UntrustedManifestException e) {
            return null;
        }
    }
}
