package dev.millrace.trainer.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.trainer.weights.FloatTensor;
import org.junit.jupiter.api.Test;

class QuantizedWeightsTest {
    private static final FloatTensor WEIGHTS = new FloatTensor(new long[] {2, 2}, new float[] {1, -2, 0.1f, 0.05f});

    @Test
    void givesEveryOutputChannelItsOwnScale() {
        QuantizedWeights rows = new QuantizedWeights(
                WEIGHTS, 0, new float[] {1, 0}, 0.5f, new WeightScheme(WeightWidth.EIGHT_BITS, true));
        QuantizedWeights columns =
                new QuantizedWeights(WEIGHTS, 1, new float[2], 0.5f, new WeightScheme(WeightWidth.EIGHT_BITS, true));

        assertThat(rows.weights).containsExactly(64, -127, 127, 64);
        assertThat(rows.scales[0]).isEqualTo(2 / 127f, within(1e-6f));
        assertThat(rows.bias[0] * rows.biasScales[0]).isEqualTo(1, within(rows.biasScales[0]));
        assertThat(columns.weights).containsExactly(127, -127, 13, 3);
    }

    @Test
    void sevenBitsStayWithin63() {
        FloatTensor weights = new FloatTensor(new long[] {2, 2}, new float[] {1, -2, 0.1f, 0.04f});

        QuantizedWeights seven =
                new QuantizedWeights(weights, 1, new float[2], 1, new WeightScheme(WeightWidth.SEVEN_BITS, true));

        assertThat(seven.weights).containsExactly(63, -63, 6, 1);
    }

    @Test
    void aDeadChannelKeepsItsBias() {
        FloatTensor dead = new FloatTensor(new long[] {1, 2}, new float[2]);

        QuantizedWeights quantized = new QuantizedWeights(
                dead, 0, new float[] {123.5f}, 0.001f, new WeightScheme(WeightWidth.SEVEN_BITS, true));

        assertThat(quantized.weights).containsOnly(0);
        assertThat((double) quantized.bias[0] * quantized.biasScales[0]).isEqualTo(123.5, within(0.01));
    }

    @Test
    void oneScalePerTensorIsThatOfTheLargestChannel() {
        QuantizedWeights quantized = new QuantizedWeights(
                WEIGHTS, 0, new float[] {1, 0}, 0.5f, new WeightScheme(WeightWidth.EIGHT_BITS, false));

        assertThat(quantized.scales).containsExactly(2 / 127f);
        assertThat(quantized.biasScales).containsExactly(1 / 127f);
        assertThat(quantized.weights).containsExactly(64, -127, 6, 3);
        assertThat(quantized.bias).containsExactly(127, 0);
    }

    @Test
    void eightBitsOnlyWhereSevenCostMoreThanAFifthOfAPoint() {
        assertThat(WeightWidth.choose(0.930, 0.931)).isEqualTo(WeightWidth.SEVEN_BITS);
        assertThat(WeightWidth.choose(0.930, 0.933)).isEqualTo(WeightWidth.EIGHT_BITS);
        assertThat(WeightWidth.choose(0.935, 0.930)).isEqualTo(WeightWidth.SEVEN_BITS);
    }
}
