package dev.millrace.trainer.rollout;

import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.registry.RegistryState.Decision;
import dev.millrace.schemas.topic.ControlKey;
import java.util.List;
import java.util.regex.Pattern;

/**
 * How people name a version of a model: by its number, as {@code champion}, {@code challenger}, {@code previous} or {@code latest}, or by
 * an alias that they gave it.
 *
 * @param text as given
 */
public record VersionName(String text) {
    private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,8}");
    private static final Pattern ALIAS = Pattern.compile("[a-z][a-z0-9-]{0,49}");
    private static final List<String> ROLES = List.of("champion", "challenger", "previous", "latest");

    /** Checks the form. */
    public VersionName {
        if (!ALIAS.matcher(text).matches() && !NUMBER.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "version: %s (expected: a number from 1, one of %s, or an alias)".formatted(text, ROLES));
        }
    }

    /**
     * Returns {@code alias}.
     *
     * @throws IllegalArgumentException when no version can be called so
     */
    static String requireAlias(String alias) {
        if (!ALIAS.matcher(alias).matches() || ROLES.contains(alias)) {
            throw new IllegalArgumentException(
                    "alias: %s (expected: 1 to 50 lower-case letters, digits or '-', the first a letter, and none of %s)"
                            .formatted(alias, ROLES));
        }
        return alias;
    }

    /** That version. */
    public static VersionName of(int version) {
        return new VersionName(Integer.toString(version));
    }

    /**
     * Its number.
     *
     * @throws RolloutRefusedException when there is no such version on record
     */
    public int in(RegistryState state, String model) throws RolloutRefusedException {
        Rollout rollout = decided(state, model);
        int version =
                switch (text) {
                    case "champion" -> rollout.getChampion();
                    case "challenger" ->
                        rollout.getTrial() == null ? 0 : rollout.getTrial().getChallenger();
                    case "previous" -> rollout.getPrevious();
                    case "latest" ->
                        onRecord(state, model).stream().max(Integer::compare).orElse(0);
                    default ->
                        NUMBER.matcher(text).matches()
                                ? Integer.parseInt(text)
                                : rollout.getAliases().getOrDefault(text, 0);
                };
        if (version == 0 || state.version(model, version) == null) {
            throw new RolloutRefusedException("version: %s, %s (expected: one of %s)"
                    .formatted(
                            text,
                            version == 0 ? "which %s has none of".formatted(model) : "never published, or retired",
                            onRecord(state, model)));
        }
        return version;
    }

    /** What is decided for the model, which it must be for any of its versions to have a name. */
    static Rollout decided(RegistryState state, String model) throws RolloutRefusedException {
        Decision decision = state.decision(model);
        if (decision == null) {
            throw new RolloutRefusedException(
                    "model: %s (expected: a published one, see `models list`)".formatted(model));
        }
        return decision.rollout();
    }

    private static List<Integer> onRecord(RegistryState state, String model) {
        return state.versions().keySet().stream()
                .filter(key -> key.name().equals(model))
                .map(ControlKey.Model::version)
                .sorted()
                .toList();
    }

    @Override
    public String toString() {
        return text;
    }
}
