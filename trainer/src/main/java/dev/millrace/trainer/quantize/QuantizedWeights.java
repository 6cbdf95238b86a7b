package dev.millrace.trainer.quantize;

import dev.millrace.trainer.weights.FloatTensor;

/**
 * Weights of a Conv, Gemm or MatMul as int8, symmetric around 0, with one scale per output channel or one for all; and its bias as int32
 * in units of input scale times weight scale, which is what the integer kernel adds up in.
 */
final class QuantizedWeights {
    private static final double LARGEST_BIAS = 1 << 30;
    private static final float MIN_SCALE = 1e-10f;

    final byte[] weights;
    final int[] bias;
    final float[] scales;
    final float[] biasScales;

    /**
     * Quantizes.
     *
     * @param channelAxis 0 or 1: which dimension of the weights counts output channels
     * @param bias one per output channel
     */
    QuantizedWeights(FloatTensor weights, int channelAxis, float[] bias, float inputScale, WeightScheme scheme) {
        int channels = (int) weights.shape()[channelAxis];
        int inner = 1;
        for (int d = channelAxis + 1; d < weights.shape().length; d++) {
            inner *= (int) weights.shape()[d];
        }
        this.weights = new byte[weights.values().length];
        this.bias = new int[channels];
        int scaled = scheme.perChannel() ? channels : 1;
        int most = scheme.width().largest();
        this.scales = new float[scaled];
        this.biasScales = new float[scaled];
        for (int c = 0; c < channels; c++) {
            int s = c % scaled;
            float largest = largest(weights.values(), c, channels, inner);
            // A dead or nearly dead channel gets a scale in which its bias still fits an int32.
            float forBias = (float) (Math.abs(bias[c]) / (inputScale * LARGEST_BIAS));
            scales[s] = Math.max(Math.max(MIN_SCALE, scales[s]), Math.max(largest / most, forBias));
        }
        for (int c = 0; c < channels; c++) {
            int s = c % scaled;
            biasScales[s] = inputScale * scales[s];
            this.bias[c] = (int) Math.round((double) bias[c] / biasScales[s]);
        }
        for (int i = 0; i < this.weights.length; i++) {
            int quantized = Math.round(weights.values()[i] / scales[i / inner % channels % scaled]);
            this.weights[i] = (byte) Math.max(-most, Math.min(most, quantized));
        }
    }

    private static float largest(float[] values, int channel, int channels, int inner) {
        float largest = 0;
        for (int i = 0; i < values.length; i++) {
            if (i / inner % channels == channel) {
                largest = Math.max(largest, Math.abs(values[i]));
            }
        }
        return largest;
    }
}
