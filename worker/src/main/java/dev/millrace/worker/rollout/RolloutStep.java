package dev.millrace.worker.rollout;

import dev.millrace.schemas.ModelRole;
import dev.millrace.schemas.ModelState;
import dev.millrace.schemas.ModelStatus;

/**
 * What came of one rollout decision on this worker.
 *
 * @param model model name
 * @param version the version that was to become champion
 * @param sha256 of its ONNX bytes; empty while not known
 * @param epoch the decision: its offset on the control topic
 * @param state live, or refused: then what was live before still is
 * @param detail why it was refused; empty when live
 */
public record RolloutStep(String model, int version, String sha256, long epoch, ModelState state, String detail) {
    ModelStatus toStatus() {
        return new ModelStatus(model, version, sha256, epoch, state, detail, ModelRole.CHAMPION);
    }
}
