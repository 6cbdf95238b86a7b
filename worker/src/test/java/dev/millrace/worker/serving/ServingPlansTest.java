package dev.millrace.worker.serving;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ServingPlansTest {
    private final ServingPlan first = new ServingPlan("a", 1, null, 1);
    private final ServingPlan other = new ServingPlan("b", 1, null, 2);

    @Test
    void hasNoPlanBeforeOneIsFollowed() {
        ServingPlans plans = new ServingPlans("");
        assertThat(plans.isEmpty()).isTrue();
        assertThat(plans.of("")).isNull();
        assertThat(plans.of("a")).isNull();
    }

    @Test
    void takesTheEmptyNameForTheOnlyModel() {
        ServingPlans plans = new ServingPlans("");
        plans.follow(first);
        assertThat(plans.of("")).isEqualTo(first);
        plans.follow(other);
        assertThat(plans.of("")).isNull();
        assertThat(plans.of("b")).isEqualTo(other);
    }

    @Test
    void takesTheEmptyNameForTheConfiguredDefault() {
        ServingPlans plans = new ServingPlans("b");
        plans.follow(first);
        assertThat(plans.of("")).isNull();
        plans.follow(other);
        assertThat(plans.of("")).isEqualTo(other);
    }

    @Test
    void followsTheLastPlanOfAModel() {
        ServingPlans plans = new ServingPlans("");
        plans.follow(first);
        ServingPlan next = new ServingPlan("a", 2, null, 3);
        plans.follow(next);
        assertThat(plans.of("a")).isEqualTo(next);
    }
}
