package dev.millrace.trainer.rollout;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.Trial;
import dev.millrace.schemas.manifest.ArtifactPlace;
import dev.millrace.schemas.manifest.ManifestVerifier;
import dev.millrace.schemas.manifest.UntrustedManifestException;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.registry.RegistryState.Decision;
import dev.millrace.schemas.topic.ControlKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What somebody wants of the versions of a model that are on record. */
public sealed interface RolloutCommand
        permits RolloutCommand.Promote,
                RolloutCommand.Rollback,
                RolloutCommand.Retire,
                RolloutCommand.Alias,
                RolloutCommand.Keep,
                TrialCommand {
    /** No artifact is larger: nobody has signed for what is read here. */
    long MOST_BYTES = 2L << 30;

    /** As many versions are kept loaded at most beyond champion and challenger, unless all are. */
    int MOST_KEPT = 100;

    /** Name of the model. */
    String model();

    /**
     * What that comes to as things stand.
     *
     * @throws RolloutRefusedException when it cannot be done
     */
    Change decide(RegistryState state, Stamp stamp) throws RolloutRefusedException;

    /** Makes a version the champion. A trial ends with it, whoever is the challenger. */
    record Promote(String model, VersionName version) implements RolloutCommand {
        @Override
        public Change decide(RegistryState state, Stamp stamp) throws RolloutRefusedException {
            int promoted = version.in(state, model);
            Next next = Next.of(state, model, stamp);
            int champion = next.now().getChampion();
            requireOther(promoted, champion);
            return next.champion(promoted, champion).as(RolloutAction.PROMOTED, promoted);
        }
    }

    /**
     * Ends the trial; without one, goes back to the champion before this one. That one has none before it: what was rolled back is not
     * what to go back to next.
     *
     * @param to another version to go back to, whatever is on trial; null: as above
     */
    record Rollback(String model, @Nullable VersionName to) implements RolloutCommand {
        @Override
        public Change decide(RegistryState state, Stamp stamp) throws RolloutRefusedException {
            Next next = Next.of(state, model, stamp);
            Trial trial = next.now().getTrial();
            if (to == null && trial != null) {
                return next.trial((Trial) null).as(RolloutAction.ROLLED_BACK, trial.getChallenger());
            }
            int back = (to == null ? new VersionName("previous") : to).in(state, model);
            requireOther(back, next.now().getChampion());
            return next.champion(back, 0).as(RolloutAction.ROLLED_BACK, back);
        }
    }

    /** Takes a version off the record, and its artifact off the artifacts topic. Its number is never used again. */
    record Retire(String model, VersionName version) implements RolloutCommand {
        @Override
        public Change decide(RegistryState state, Stamp stamp) throws RolloutRefusedException {
            int gone = version.in(state, model);
            Next next = Next.of(state, model, stamp);
            Rollout now = next.now();
            if (gone == now.getChampion()) {
                throw new RolloutRefusedException(
                        "version: %d, which answers (expected: another one; promote one first)".formatted(gone));
            }
            Trial trial = now.getTrial();
            if (trial != null && gone == trial.getChallenger()) {
                throw new RolloutRefusedException(
                        "version: %d, which is on trial (expected: another one; roll it back first)".formatted(gone));
            }
            Map<String, Integer> aliases = new HashMap<>(now.getAliases());
            aliases.values().removeIf(aliased -> aliased == gone);
            List<Integer> kept = new ArrayList<>(now.getKeepVersions());
            kept.removeIf(version -> version == gone);
            ControlKey.Model key = new ControlKey.Model(model, gone);
            return next.previous(gone == now.getPrevious() ? 0 : now.getPrevious())
                    .aliases(aliases)
                    .kept(now.getKeepLatest(), kept)
                    .as(RolloutAction.RETIRED, gone)
                    .retiring(key, artifactOf(key, state));
        }
    }

    /**
     * Gives a version a further name, which it takes from any other version.
     *
     * @param alias lower-case letters, digits and '-', none of the names that every model has
     * @param version null: nobody is called so any more
     */
    record Alias(String model, String alias, @Nullable VersionName version) implements RolloutCommand {
        /** Checks the alias. */
        public Alias {
            VersionName.requireAlias(alias);
        }

        @Override
        public Change decide(RegistryState state, Stamp stamp) throws RolloutRefusedException {
            Next next = Next.of(state, model, stamp);
            Map<String, Integer> aliases = new HashMap<>(next.now().getAliases());
            if (version == null) {
                Integer was = aliases.remove(alias);
                if (was == null) {
                    throw new RolloutRefusedException("alias: %s, which %s has none of (expected: one of %s)"
                            .formatted(alias, model, aliases.keySet()));
                }
                return next.aliases(aliases).as(RolloutAction.NAMED, was);
            }
            int named = version.in(state, model);
            aliases.put(alias, named);
            return next.aliases(aliases).as(RolloutAction.NAMED, named);
        }
    }

    /**
     * Says which versions workers keep loaded besides champion and challenger, for requests that pin them.
     *
     * @param latest so many of the latest; -1: all that are on record
     * @param versions and these
     */
    record Keep(String model, int latest, List<VersionName> versions) implements RolloutCommand {
        /** Checks the number. */
        public Keep {
            if (latest < -1 || latest > MOST_KEPT) {
                throw new IllegalArgumentException(
                        "versions to keep: %d (expected: 0 to %d, or all)".formatted(latest, MOST_KEPT));
            }
            versions = List.copyOf(versions);
        }

        @Override
        public Change decide(RegistryState state, Stamp stamp) throws RolloutRefusedException {
            Next next = Next.of(state, model, stamp);
            Set<Integer> kept = new HashSet<>();
            for (VersionName version : versions) {
                kept.add(version.in(state, model));
            }
            return next.kept(latest, kept.stream().sorted().toList())
                    .as(RolloutAction.KEPT, next.now().getChampion());
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
        if (before == null) {
            Rollout first = Rollout.newBuilder()
                    .setModel(model)
                    .setChampion(version)
                    .setDecidedAt(stamp.at())
                    .setDecidedBy(stamp.by())
                    .setReason(stamp.reason())
                    .setLatest(version)
                    .build();
            return Next.change(first, RolloutAction.PUBLISHED, version, Map.of());
        }
        Next next = Next.afterPublishing(before.rollout(), version, stamp);
        if (promote) {
            next.champion(version, before.rollout().getChampion());
        }
        return next.as(RolloutAction.PUBLISHED, version);
    }

    private static void requireOther(int version, int champion) throws RolloutRefusedException {
        if (version == champion) {
            throw new RolloutRefusedException(
                    "version: %d, which answers already (expected: another one)".formatted(version));
        }
    }

    /** The manifest whose artifact nobody else has, as far as can be read; none where it says what cannot be. */
    private static List<ModelManifest> artifactOf(ControlKey.Model key, RegistryState state) {
        Map<ControlKey.Model, ModelVersion> versions = state.versions();
        ModelManifest manifest = read(versions.get(key));
        if (manifest == null
                || !ArtifactPlace.isOverKafka(manifest.getArtifact())
                || manifest.getBytes() > MOST_BYTES) {
            return List.of();
        }
        boolean shared = versions.entrySet().stream()
                .filter(other -> !other.getKey().equals(key))
                .map(other -> read(other.getValue()))
                .anyMatch(other -> other == null
                        || (ArtifactPlace.isOverKafka(other.getArtifact())
                                && other.getSha256().equals(manifest.getSha256())));
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
