package dev.millrace.trainer.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class DriftWindowTest {
    private final DriftWindow window = new DriftWindow(3, 4);

    @Test
    void holdsTheLastAnswersOnly() {
        for (int best : new int[] {0, 0, 1, 2, 2, 1}) {
            window.add(best, best / 4f);
        }

        assertThat(window.size()).isEqualTo(4);
        assertThat(window.counts()).containsExactly(0, 2, 2);
        assertThat(window.confidence()).isCloseTo((0.25 + 0.5 + 0.5 + 0.25) / 4, within(1e-9));
    }

    @Test
    void hasNoConfidenceBeforeTheFirstAnswer() {
        assertThat(window.size()).isZero();
        assertThat(window.confidence()).isZero();
    }

    @Test
    void passesOverWhatNoAnswerOfTheModelCanBe() {
        window.add(3, 0.5f);
        window.add(-1, 0.5f);
        window.add(0, Float.NaN);
        window.add(0, 1.5f);
        window.add(0, -0.1f);

        assertThat(window.size()).isZero();
    }
}
