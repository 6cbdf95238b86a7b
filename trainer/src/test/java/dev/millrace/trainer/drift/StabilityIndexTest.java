package dev.millrace.trainer.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class StabilityIndexTest {
    @Test
    void isTheSumOverClassesOfTheDifferenceTimesTheLogarithmOfTheRatio() {
        double p = 700.5 / 1001;
        double q = 200.5 / 401;
        double expected = (p - q) * Math.log(p / q) + ((1 - p) - (1 - q)) * Math.log((1 - p) / (1 - q));

        assertThat(StabilityIndex.of(new long[] {700, 300}, new long[] {200, 200}))
                .isCloseTo(expected, within(1e-12));
    }

    @Test
    void isZeroForTheSameSharesAndTheSameFromBothSides() {
        long[] one = {10, 0, 90, 900};
        long[] other = {500, 100, 0, 400};

        assertThat(StabilityIndex.of(one, one)).isZero();
        assertThat(StabilityIndex.of(one, other)).isPositive().isEqualTo(StabilityIndex.of(other, one));
    }

    @Test
    void isFiniteWhereAClassNeverCameOrIsAllThatComes() {
        assertThat(StabilityIndex.of(new long[] {0, 0, 1_000}, new long[] {1_000, 0, 0}))
                .isFinite()
                .isGreaterThan(5);
    }

    @Test
    void givesTheChanceOfAnIndexWhereNothingHasChanged() {
        long seed = 20_261_126;
        System.out.println("seed of the answers: " + seed);
        Random random = new Random(seed);
        int classes = 10;
        int rounds = 2_000;
        int unlikely = 0;
        for (int round = 0; round < rounds; round++) {
            double index = StabilityIndex.of(draw(random, classes, 1_000), draw(random, classes, 500));
            unlikely += StabilityIndex.chance(index, classes, 1_000, 500) < 0.05 ? 1 : 0;
        }

        assertThat((double) unlikely / rounds)
                .as("share of indices that chance gives once in twenty times")
                .isCloseTo(0.05, within(0.02));
    }

    @Test
    void takesAModelOfOneClassForAlwaysTheSame() {
        assertThat(StabilityIndex.chance(0, 1, 1_000, 1_000)).isEqualTo(1);
    }

    private static long[] draw(Random random, int classes, int n) {
        long[] counts = new long[classes];
        for (int i = 0; i < n; i++) {
            counts[random.nextInt(classes)]++;
        }
        return counts;
    }
}
