package dev.millrace.worker.rollout;

import dev.millrace.schemas.ModelRole;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.Trial;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.registry.RegistryState.Decision;
import dev.millrace.schemas.topic.ControlKey;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The versions of a model that a decision wants loaded, and what for; the champion first. Pure.
 *
 * @param roles by version
 * @param decision that wants them
 */
record Wanted(Map<Integer, ModelRole> roles, Decision decision) {
    Wanted {
        roles = Collections.unmodifiableMap(new LinkedHashMap<>(roles));
    }

    static Wanted of(Decision decision, RegistryState state) {
        Rollout rollout = decision.rollout();
        Map<Integer, ModelRole> roles = new LinkedHashMap<>();
        roles.put(rollout.getChampion(), ModelRole.CHAMPION);
        Trial trial = rollout.getTrial();
        if (trial != null) {
            roles.putIfAbsent(trial.getChallenger(), ModelRole.CHALLENGER);
        }
        rollout.getKeepVersions().forEach(version -> roles.putIfAbsent(version, ModelRole.KEPT));
        int latest = rollout.getKeepLatest();
        state.versions().keySet().stream()
                .filter(key -> key.name().equals(rollout.getModel()))
                .map(ControlKey.Model::version)
                .sorted(Comparator.reverseOrder())
                .limit(latest < 0 ? Integer.MAX_VALUE : latest)
                .forEach(version -> roles.putIfAbsent(version, ModelRole.KEPT));
        return new Wanted(roles, decision);
    }

    String model() {
        return decision.rollout().getModel();
    }

    long epoch() {
        return decision.epoch();
    }

    int champion() {
        return decision.rollout().getChampion();
    }
}
