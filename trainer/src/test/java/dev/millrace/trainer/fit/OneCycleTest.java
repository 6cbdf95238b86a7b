package dev.millrace.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class OneCycleTest {
    @Test
    void risesToThePeakAndFallsToNearlyNothing() {
        OneCycle schedule = new OneCycle(0.4, 1_000);

        assertThat(schedule.at(0)).isEqualTo(0.04, within(1e-9));
        assertThat(schedule.at(200)).isEqualTo(0.4, within(1e-9));
        assertThat(schedule.at(999)).isLessThan(0.001).isPositive();
        for (int step = 0; step < 200; step++) {
            assertThat(schedule.at(step + 1)).isGreaterThan(schedule.at(step));
        }
        for (int step = 200; step < 999; step++) {
            assertThat(schedule.at(step + 1)).isLessThan(schedule.at(step));
        }
    }
}
