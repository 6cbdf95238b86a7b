package dev.millrace.worker.rollout;

import dev.millrace.schemas.registry.RegistryState.Decision;

/**
 * The version that should answer for a model.
 *
 * @param epoch the decision: its offset on the control topic
 */
record Champion(String model, int version, long epoch) {
    static Champion of(Decision decision) {
        return new Champion(decision.rollout().getModel(), decision.rollout().getChampion(), decision.epoch());
    }
}
