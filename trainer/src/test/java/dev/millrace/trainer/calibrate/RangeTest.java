package dev.millrace.trainer.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RangeTest {
    @Test
    void rangesAlwaysHoldZero() {
        assertThat(new Range(2, 10)).isEqualTo(new Range(0, 10));
        assertThat(new Range(2, 10).zeroPoint()).isZero();
        assertThat(new Range(-5, -1).zeroPoint()).isEqualTo(255);
        assertThat(new Range(0, 0).scale()).isPositive();
        assertThatThrownBy(() -> new Range(Float.NaN, 1)).hasMessageContaining("expected: finite");
    }

    @Test
    void histogramCutsTheTails() {
        Histogram histogram = new Histogram(new Range(-100, 100));
        histogram.add(-100);
        histogram.add(100);
        for (int i = 0; i < 998; i++) {
            histogram.add(i % 10);
        }

        Range range = histogram.without(0.001);

        assertThat(range.min()).isEqualTo(0, within(0.2f));
        assertThat(range.max()).isEqualTo(9, within(0.2f));
        assertThat(histogram.without(0.0001)).isEqualTo(new Range(-100, 100));
    }

    @Test
    void leastSquaredErrorGivesUpALoneOutlier() {
        Histogram histogram = new Histogram(new Range(0, 1_000));
        bell(histogram);
        histogram.add(1_000);

        Range range = histogram.leastSquaredError();

        assertThat(range.min()).isZero();
        assertThat(range.max()).isBetween(250f, 400f);
    }

    @Test
    void leastDivergenceGivesUpALoneOutlier() {
        Histogram histogram = new Histogram(new Range(0, 1_000));
        bell(histogram);
        histogram.add(1_000);

        assertThat(histogram.leastDivergence().max()).isBetween(150f, 500f);
    }

    @Test
    void evenlySpreadValuesKeepTheirWholeRange() {
        Histogram histogram = new Histogram(new Range(-10, 10));
        for (int i = -1_000; i <= 1_000; i++) {
            histogram.add(i / 100f);
        }

        assertThat(histogram.leastSquaredError()).isEqualTo(new Range(-10, 10));
        assertThat(histogram.leastDivergence().min()).isLessThan(-9.5f);
        assertThat(histogram.leastDivergence().max()).isGreaterThan(9.5f);
    }

    /** Half of a normal distribution with a deviation of 100. */
    private static void bell(Histogram histogram) {
        Random random = new Random(4);
        for (int i = 0; i < 2_000_000; i++) {
            histogram.add((float) Math.min(400, Math.abs(random.nextGaussian()) * 100));
        }
    }
}
