package dev.millrace.trainer.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.RolloutEvent;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ModelStoryTest {
    private static final int MANY = 10_000;

    private final ModelStory story = new ModelStory();

    @Test
    void keepsTheLastEventsAndNoMoreHoweverOftenATrialIsHeld() {
        for (int i = 0; i < MANY; i++) {
            story.add(event(RolloutAction.HELD, i, ""));
        }

        assertThat(story.last()).hasSize(ModelStory.MOST_EVENTS);
        assertThat(story.last().get(0).getVersion()).isEqualTo(MANY - ModelStory.MOST_EVENTS);
        assertThat(story.last().get(ModelStory.MOST_EVENTS - 1).getVersion()).isEqualTo(MANY - 1);
    }

    @Test
    void knowsOfRunsFromLongBeforeTheLastEvents() {
        story.add(event(RolloutAction.RETRAINING, 1, "a"));
        story.add(event(RolloutAction.PUBLISHED, 2, "a"));
        story.add(event(RolloutAction.RETRAINING, 2, "b"));
        story.add(event(RolloutAction.RETRAIN_ASKED, 2, ""));
        for (int i = 0; i < MANY; i++) {
            story.add(event(RolloutAction.HELD, 1, ""));
        }

        assertThat(story.runs().isOpen("b")).isTrue();
        assertThat(story.runs().asked()).isNotNull();
        assertThat(story.runs().outcome()).isEqualTo("published as version 2");
        assertThat(story.runs().untried()).isEqualTo(2);
    }

    private static RolloutEvent event(RolloutAction action, int version, String run) {
        return RolloutEvent.newBuilder()
                .setModel("m")
                .setAction(action)
                .setVersion(version)
                .setChampion(1)
                .setDecidedAt(Instant.EPOCH)
                .setDecidedBy("ann@host")
                .setRun(run)
                .build();
    }
}
