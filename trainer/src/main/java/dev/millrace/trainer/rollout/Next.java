package dev.millrace.trainer.rollout;

import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.RolloutEvent;
import dev.millrace.schemas.Trial;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.wire.TrustedRecords;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The decision after the present one: all that the present one says, but for what is told here. */
final class Next {
    static {
        // Builders copy records, and Avro makes none that is not trusted.
        TrustedRecords.install();
    }

    private final Rollout now;
    private final Rollout.Builder next;

    private Next(Rollout now, Stamp stamp, int latest) {
        this.now = now;
        this.next = Rollout.newBuilder(now)
                .setDecidedAt(stamp.at())
                .setDecidedBy(stamp.by())
                .setReason(stamp.reason())
                .setLatest(latest);
    }

    /**
     * What follows for a model.
     *
     * @throws RolloutRefusedException when nothing is decided for it yet
     */
    static Next of(RegistryState state, String model, Stamp stamp) throws RolloutRefusedException {
        return new Next(VersionName.decided(state, model), stamp, state.latest(model));
    }

    static Next afterPublishing(Rollout now, int version, Stamp stamp) {
        return new Next(now, stamp, version);
    }

    /** The present decision. */
    Rollout now() {
        return now;
    }

    /**
     * The trial that is on.
     *
     * @throws RolloutRefusedException when none is
     */
    Trial trial() throws RolloutRefusedException {
        Trial trial = now.getTrial();
        if (trial == null) {
            throw new RolloutRefusedException(
                    "trial: %s has none (expected: a challenger, see `models canary` and `models shadow`)"
                            .formatted(now.getModel()));
        }
        return trial;
    }

    /** Another champion, which is no challenger any more, nor has one: a trial was against the one before. */
    Next champion(int champion, int previous) {
        next.setChampion(champion).setPrevious(previous).setTrial(null);
        return this;
    }

    Next previous(int previous) {
        next.setPrevious(previous);
        return this;
    }

    Next trial(@Nullable Trial trial) {
        next.setTrial(trial);
        return this;
    }

    Next aliases(Map<String, Integer> aliases) {
        next.setAliases(Map.copyOf(aliases));
        return this;
    }

    /** @param latest how many of the latest; -1: all */
    Next kept(int latest, List<Integer> versions) {
        next.setKeepLatest(latest).setKeepVersions(List.copyOf(versions));
        return this;
    }

    Change as(RolloutAction action, int version) {
        return as(action, version, Map.of());
    }

    /** @param figures what it was decided on */
    Change as(RolloutAction action, int version, Map<String, Double> figures) {
        return change(next.build(), action, version, figures);
    }

    static Change change(Rollout rollout, RolloutAction action, int version, Map<String, Double> figures) {
        Trial trial = rollout.getTrial();
        RolloutEvent event = new RolloutEvent(
                rollout.getModel(),
                action,
                version,
                rollout.getChampion(),
                rollout.getDecidedAt(),
                rollout.getDecidedBy(),
                rollout.getReason(),
                trial == null ? 0 : trial.getShare(),
                Map.copyOf(figures),
                "");
        return new Change(rollout, event, List.of(), List.of());
    }
}
