package dev.millrace.trainer.retrain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.RolloutEvent;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunStoryTest {
    private static final Instant AT = Instant.parse("2026-11-26T10:00:00Z");

    @Test
    void somebodyWaitsUntilARunHasBegunAfterTheyAsked() {
        RolloutEvent asked = event(RolloutAction.RETRAIN_ASKED, 1, "");
        assertThat(RunStory.of(List.of(asked)).asked()).isEqualTo(asked);
        assertThat(RunStory.of(List.of(asked, event(RolloutAction.RETRAINING, 1, "a")))
                        .asked())
                .isNull();
        assertThat(RunStory.of(List.of(event(RolloutAction.RETRAINING, 1, "a"), asked))
                        .asked())
                .as("asked while a run was open")
                .isEqualTo(asked);
    }

    @Test
    void aRunIsOpenUntilItIsPublishedOrHasFailed() {
        RolloutEvent begun = event(RolloutAction.RETRAINING, 1, "a");
        assertThat(RunStory.of(List.of(begun)).isOpen("a")).isTrue();
        assertThat(RunStory.of(List.of(begun, event(RolloutAction.PUBLISHED, 2, "")))
                        .isOpen("a"))
                .as("somebody else's version")
                .isTrue();
        RunStory published = RunStory.of(List.of(begun, event(RolloutAction.PUBLISHED, 2, "a")));
        assertThat(published.isOpen("a")).isFalse();
        assertThat(published.hasBegun("a")).isTrue();
        assertThat(published.outcome()).isEqualTo("published as version 2");
        RunStory failed = RunStory.of(List.of(begun, event(RolloutAction.RETRAIN_FAILED, 1, "a")));
        assertThat(failed.open()).isNull();
        assertThat(failed.outcome()).isEqualTo("failed: because");
    }

    @Test
    void ofTwoRunsThatWereBegunTheLaterOneIsOpen() {
        RunStory story =
                RunStory.of(List.of(event(RolloutAction.RETRAINING, 1, "a"), event(RolloutAction.RETRAINING, 1, "b")));
        assertThat(story.isOpen("a")).isFalse();
        assertThat(story.isOpen("b")).isTrue();
    }

    @Test
    void whatARunPublishedIsUntriedUntilSomebodyDecidesAboutIt() {
        RolloutEvent begun = event(RolloutAction.RETRAINING, 1, "a");
        RolloutEvent published = event(RolloutAction.PUBLISHED, 2, "a");
        assertThat(RunStory.of(List.of(begun, published)).untried()).isEqualTo(2);
        assertThat(RunStory.of(List.of(begun, published, event(RolloutAction.PROMOTED, 1, "")))
                        .untried())
                .isEqualTo(2);
        for (RolloutAction decided : List.of(
                RolloutAction.CANARY_BEGUN, RolloutAction.SHADOWED, RolloutAction.PROMOTED, RolloutAction.RETIRED)) {
            assertThat(RunStory.of(List.of(begun, published, event(decided, 2, "")))
                            .untried())
                    .isZero();
        }
        assertThat(RunStory.of(List.of(event(RolloutAction.PUBLISHED, 2, ""))).untried())
                .as("published by a person")
                .isZero();
    }

    private static RolloutEvent event(RolloutAction action, int version, String run) {
        return RolloutEvent.newBuilder()
                .setModel("m")
                .setAction(action)
                .setVersion(version)
                .setChampion(1)
                .setDecidedAt(AT)
                .setDecidedBy("ann")
                .setReason("because")
                .setRun(run)
                .build();
    }
}
