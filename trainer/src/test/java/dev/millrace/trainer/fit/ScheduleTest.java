package dev.millrace.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.trainer.torch.TorchTrainer.Part;
import dev.millrace.trainer.weights.PretrainedWeights;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    private static final Recipe RECIPE = new Recipe(4, 64, 0.1, 0.9, 5e-4, 0.1, 0, Augmentation.NONE, 7);

    @Test
    void withoutPretrainedWeightsItIsOneCycle() {
        Schedule schedule = Schedule.of(TrainingPlan.fromScratch(RECIPE), 10);

        OneCycle whole = new OneCycle(0.1, 40);
        assertThat(schedule.steps()).isEqualTo(40);
        for (int step = 0; step < 40; step++) {
            assertThat(schedule.part(step)).isEqualTo(Part.ALL);
            assertThat(schedule.learningRate(step)).isEqualTo(whole.at(step));
        }
    }

    @Test
    void theClassifierHasACycleOfItsOwnBeforeAllWeightsHaveALowerOne() {
        Schedule schedule = Schedule.of(new TrainingPlan(RECIPE, tuning(1), null), 10);

        assertThat(schedule.steps()).isEqualTo(40);
        assertThat(schedule.part(9)).isEqualTo(Part.CLASSIFIER);
        assertThat(schedule.part(10)).isEqualTo(Part.ALL);
        assertThat(schedule.learningRate(2)).isEqualTo(0.1);
        assertThat(schedule.learningRate(10)).isEqualTo(0.001);
        assertThat(schedule.learningRate(16)).isEqualTo(0.01);
    }

    @Test
    void frozenForLongerThanTheRunItIsFrozenForAllOfIt() {
        Schedule schedule = Schedule.of(new TrainingPlan(RECIPE, tuning(9), null), 10);

        assertThat(schedule.steps()).isEqualTo(40);
        assertThat(schedule.part(39)).isEqualTo(Part.CLASSIFIER);
    }

    @Test
    void imagesAreSmallInTheFirstEpochsOnly() {
        Recipe progressive =
                new Recipe(4, 64, 0.1, 0.9, 5e-4, 0.1, 0, Augmentation.NONE, 7, new ProgressiveResizing(0.75, 3), null);

        Schedule schedule = Schedule.of(TrainingPlan.fromScratch(progressive), 10);

        assertThat(schedule.scale(0)).isEqualTo(0.75);
        assertThat(schedule.scale(29)).isEqualTo(0.75);
        assertThat(schedule.scale(30)).isEqualTo(1);
        assertThat(Schedule.of(TrainingPlan.fromScratch(RECIPE), 10).scale(0)).isEqualTo(1);
    }

    private static FineTuning tuning(int frozenEpochs) {
        return new FineTuning(
                new PretrainedWeights(Map.of(), 10, Optional.empty(), "0".repeat(64)), frozenEpochs, 0.01);
    }
}
