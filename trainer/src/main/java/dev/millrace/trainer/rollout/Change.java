package dev.millrace.trainer.rollout;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.RolloutEvent;
import dev.millrace.schemas.topic.ControlKey;
import java.util.List;

/**
 * What one decision writes, all of it or nothing.
 *
 * @param rollout the state that it leads to
 * @param event the same for the story
 * @param retired manifests that go
 * @param freed of them, those whose artifact no other version has
 */
public record Change(Rollout rollout, RolloutEvent event, List<ControlKey.Model> retired, List<ModelManifest> freed) {
    /** Copies the lists. */
    public Change {
        retired = List.copyOf(retired);
        freed = List.copyOf(freed);
    }

    /**
     * The same with the retraining run that it is about.
     *
     * @param run its id; empty: none
     */
    public Change ofRun(String run) {
        return new Change(rollout, RolloutEvent.newBuilder(event).setRun(run).build(), retired, freed);
    }

    Change retiring(ControlKey.Model version, List<ModelManifest> itsArtifact) {
        return new Change(rollout, event, List.of(version), itsArtifact);
    }
}
