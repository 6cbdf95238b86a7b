package dev.millrace.trainer.retrain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.RolloutEvent;
import dev.millrace.trainer.drift.Drift;
import dev.millrace.trainer.retrain.RetrainSpec.Trigger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WhenToRetrainTest {
    private static final Instant NOW = Instant.parse("2026-11-26T10:00:00Z");
    private static final RunStory QUIET = RunStory.of(List.of());
    private static final Drift DRIFTED = new Drift(1_000, 0.5, 0.6, 0.9, NOW, "psi 0.500 (expected: at most 0.25)");

    @Test
    void aPersonIsEnough() {
        RunStory asked = RunStory.of(List.of(event(RolloutAction.RETRAIN_ASKED, NOW, "")));
        assertThat(why(new Trigger(null, 500, null), asked, 0, null)).contains("asked by ann: new cameras");
    }

    @Test
    void driftWaitsForLabels() {
        Trigger trigger = new Trigger(null, 500, null);
        assertThat(why(trigger, QUIET, 499, DRIFTED)).isEmpty();
        assertThat(why(trigger, QUIET, 500, DRIFTED))
                .contains("drift: psi 0.500 (expected: at most 0.25); 500 new labels");
        assertThat(why(trigger, QUIET, 500, new Drift(1_000, 0.1, 0.9, 0.9, null, "")))
                .isEmpty();
    }

    @Test
    void labelsAreEnoughWhereTheSpecSaysHowMany() {
        assertThat(why(new Trigger(2_000, 500, null), QUIET, 1_999, null)).isEmpty();
        assertThat(why(new Trigger(2_000, 500, null), QUIET, 2_000, null)).contains("2,000 new labels");
        assertThat(why(new Trigger(null, 500, null), QUIET, 1_000_000, null)).isEmpty();
    }

    @Test
    void timeCountsFromTheLastRunOrElseFromTheChampion() {
        Trigger daily = new Trigger(null, 500, Duration.ofDays(1));
        assertThat(WhenToRetrain.why(daily, QUIET, 0, null, null, NOW))
                .as("no version yet")
                .isEmpty();
        assertThat(WhenToRetrain.why(daily, QUIET, 0, null, NOW.minus(Duration.ofHours(23)), NOW))
                .isEmpty();
        assertThat(WhenToRetrain.why(daily, QUIET, 0, null, NOW.minus(Duration.ofHours(24)), NOW))
                .isPresent();
        RunStory ran = RunStory.of(List.of(
                event(RolloutAction.RETRAINING, NOW.minus(Duration.ofHours(2)), "a"),
                event(RolloutAction.RETRAIN_FAILED, NOW.minus(Duration.ofHours(1)), "a")));
        assertThat(WhenToRetrain.why(daily, ran, 0, null, NOW.minus(Duration.ofDays(9)), NOW))
                .as("one that failed is not tried again at once")
                .isEmpty();
    }

    private static Optional<String> why(Trigger trigger, RunStory story, long labels, @Nullable Drift drift) {
        return WhenToRetrain.why(trigger, story, labels, drift, NOW.minus(Duration.ofDays(1)), NOW);
    }

    private static RolloutEvent event(RolloutAction action, Instant at, String run) {
        return RolloutEvent.newBuilder()
                .setModel("m")
                .setAction(action)
                .setVersion(1)
                .setChampion(1)
                .setDecidedAt(at)
                .setDecidedBy("ann")
                .setReason("new cameras")
                .setRun(run)
                .build();
    }
}
