package dev.millrace.trainer.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.trainer.weights.FloatTensor;
import org.junit.jupiter.api.Test;

class ChannelWeightsTest {
    private static final FloatTensor WEIGHTS = new FloatTensor(new long[] {2, 2}, new float[] {1, -2, 0.1f, 0.05f});

    @Test
    void givesEveryOutputChannelItsOwnScale() {
        ChannelWeights rows = new ChannelWeights(WEIGHTS, 0, new float[] {1, 0}, 0.5f, WeightWidth.EIGHT_BITS);
        ChannelWeights columns = new ChannelWeights(WEIGHTS, 1, new float[2], 0.5f, WeightWidth.EIGHT_BITS);

        assertThat(rows.weights).containsExactly(64, -127, 127, 64);
        assertThat(rows.scales[0]).isEqualTo(2 / 127f, within(1e-6f));
        assertThat(rows.bias[0] * rows.biasScales[0]).isEqualTo(1, within(rows.biasScales[0]));
        assertThat(columns.weights).containsExactly(127, -127, 13, 3);
    }

    @Test
    void sevenBitsStayWithin63() {
        FloatTensor weights = new FloatTensor(new long[] {2, 2}, new float[] {1, -2, 0.1f, 0.04f});

        ChannelWeights seven = new ChannelWeights(weights, 1, new float[2], 1, WeightWidth.SEVEN_BITS);

        assertThat(seven.weights).containsExactly(63, -63, 6, 1);
    }

    @Test
    void aDeadChannelKeepsItsBias() {
        FloatTensor dead = new FloatTensor(new long[] {1, 2}, new float[2]);

        ChannelWeights quantized = new ChannelWeights(dead, 0, new float[] {123.5f}, 0.001f, WeightWidth.SEVEN_BITS);

        assertThat(quantized.weights).containsOnly(0);
        assertThat((double) quantized.bias[0] * quantized.biasScales[0]).isEqualTo(123.5, within(0.01));
    }

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
    void eightBitsOnlyWhereSevenCostMoreThanAFifthOfAPoint() {
        assertThat(WeightWidth.choose(0.930, 0.931)).isEqualTo(WeightWidth.SEVEN_BITS);
        assertThat(WeightWidth.choose(0.930, 0.933)).isEqualTo(WeightWidth.EIGHT_BITS);
        assertThat(WeightWidth.choose(0.935, 0.930)).isEqualTo(WeightWidth.SEVEN_BITS);
    }
}
