package dev.millrace.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class FigureTest {
    @Test
    void sumsRoundsUpByMedianAndQuartiles() {
        Figure figure = Figure.of(5, 1, 4, 2, 3);

        assertThat(figure.median()).isEqualTo(3);
        assertThat(figure.low()).isEqualTo(2);
        assertThat(figure.high()).isEqualTo(4);
        assertThat(figure.rounds()).containsExactly(5.0, 1.0, 4.0, 2.0, 3.0);
    }

    @Test
    void interpolatesBetweenTwoRounds() {
        Figure figure = Figure.of(1, 2, 3, 4);

        assertThat(figure.median()).isEqualTo(2.5);
        assertThat(figure.low()).isCloseTo(1.75, within(1e-12));
        assertThat(figure.high()).isCloseTo(3.25, within(1e-12));
    }

    @Test
    void isHiddenWhereItsQuartilesAreFurtherApartThanATenthOfIt() {
        assertThat(Figure.of(100, 95, 105, 100, 100).hidden()).isFalse();
        assertThat(Figure.of(100, 90, 111, 80, 120).hidden()).isTrue();
        assertThat(Figure.of(-100, -90, -111, -80, -120).hidden()).isTrue();
        assertThat(Figure.of(7).hidden()).isFalse();
    }

    @Test
    void wantsARoundAtLeast() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Figure.of(List.of()))
                .withMessage("rounds: none (expected: at least 1)");
    }
}
