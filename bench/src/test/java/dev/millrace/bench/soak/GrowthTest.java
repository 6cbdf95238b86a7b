package dev.millrace.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GrowthTest {
    @ParameterizedTest
    @ValueSource(doubles = {-36, 0, 36})
    void aLineHasItsSlopePerHourWithItsSign(double perHour) {
        Growth growth = growth(second -> 500 + perHour * second / 3600, 0);
        assertThat(growth.perHour()).isCloseTo(perHour, within(1e-6));
        assertThat(growth.after() - growth.before()).isCloseTo(perHour * 80 / 3600, within(1e-6));
    }

    @Test
    void whatRoseInTheWarmUpHasNotGrown() {
        Growth growth = growth(second -> second < 20 ? second : 20, 20);
        assertThat(growth).isEqualTo(new Growth(20, 20, 0));
    }

    @Test
    void aSpikeInEitherStretchIsNoGrowth() {
        Growth growth = growth(second -> second == 3 || second == 95 ? 900 : 40, 0);
        assertThat(growth.before()).isEqualTo(40);
        assertThat(growth.after()).isEqualTo(40);
    }

    @Test
    void oneMoreEveryTwentySecondsExceedsTwo() {
        assertThat(growth(second -> 40 + second / 20, 0).exceeds(2)).isTrue();
        assertThat(growth(second -> 40 + second / 50, 0).exceeds(2)).isFalse();
        assertThat(growth(second -> 40 - second, 0).exceeds(2)).isFalse();
    }

    @Test
    void twoReadingsAreTheFirstAndTheLast() {
        assertThat(Growth.of(List.of(new Reading(0, 9), new Reading(100, 30), new Reading(1900, 31)), 50))
                .hasValueSatisfying(growth -> {
                    assertThat(growth.before()).isEqualTo(30);
                    assertThat(growth.after()).isEqualTo(31);
                    assertThat(growth.perHour()).isCloseTo(2, within(1e-9));
                });
    }

    @Test
    void oneReadingHasNoSlope() {
        assertThat(Growth.of(List.of(new Reading(7, 3)), 5)).contains(new Growth(3, 3, 0));
    }

    @Test
    void nothingIsKnownWithoutAReadingAfterTheWarmUp() {
        assertThat(Growth.of(List.of(new Reading(7, 3)), 8)).isEmpty();
    }

    /** One reading in each of a hundred seconds. */
    private static Growth growth(IntToDoubleFunction value, double warmUpSeconds) {
        List<Reading> readings = IntStream.range(0, 100)
                .mapToObj(second -> new Reading(second, value.applyAsDouble(second)))
                .toList();
        return Growth.of(readings, warmUpSeconds).orElseThrow();
    }
}
