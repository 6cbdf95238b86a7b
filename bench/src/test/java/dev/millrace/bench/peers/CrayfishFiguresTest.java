package dev.millrace.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.bench.bed.OpenLoop.Passage;
import java.util.List;
import org.junit.jupiter.api.Test;

class CrayfishFiguresTest {
    @Test
    void theFirstQuarterDoesNotCount() {
        CrayfishFigures figures = CrayfishFigures.of(List.of(
                new Passage(0, 900_000),
                new Passage(100_000, 110_000),
                new Passage(200_000, 230_000),
                new Passage(300_000, 320_000)));

        assertThat(figures.meanLatencyMs()).isEqualTo(20);
        assertThat(figures.throughputPerSecond()).isEqualTo(3e6 / 220_000);
    }

    @Test
    void theLastAppendIsNotThatOfTheLastRecord() {
        CrayfishFigures figures = CrayfishFigures.of(
                List.of(new Passage(0, 1), new Passage(0, 500_000), new Passage(0, 100_000), new Passage(0, 100_000)));

        assertThat(figures.throughputPerSecond()).isEqualTo(6);
    }

    @Test
    void nothingHasNoFigures() {
        assertThatThrownBy(() -> CrayfishFigures.of(List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected: at least 1");
    }
}
