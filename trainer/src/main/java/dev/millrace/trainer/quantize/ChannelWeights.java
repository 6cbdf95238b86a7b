package dev.millrace.trainer.quantize;

import dev.millrace.trainer.weights.FloatTensor;

/**
 * Weights of a Conv or Gemm as int8, symmetric around 0, with one scale per output channel; and its bias as int32 in units of input
 * scale times channel scale, which is what the integer kernel adds up in.
 */
final class ChannelWeights {
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
    ChannelWeights(FloatTensor weights, int channelAxis, float[] bias, float inputScale, WeightWidth width) {
        int channels = (int) weights.shape()[channelAxis];
        int inner = 1;
        for (int d = channelAxis + 1; d < weights.shape().length; d++) {
            inner *= (int) weights.shape()[d];
        }
        this.weights = new byte[weights.values().length];
        this.bias = new int[channels];
        this.scales = new float[channels];
        this.biasScales = new float[channels];
        for (int c = 0; c < channels; c++) {
            float largest = largest(weights.values(), c, channels, inner);
            // A dead or nearly dead channel gets a scale in which its bias still fits an int32.
            float forBias = (float) (Math.abs(bias[c]) / (inputScale * LARGEST_BIAS));
            scales[c] = Math.max(MIN_SCALE, Math.max(largest / width.largest(), forBias));
            biasScales[c] = inputScale * scales[c];
            this.bias[c] = (int) Math.round((double) bias[c] / biasScales[c]);
        }
        for (int i = 0; i < this.weights.length; i++) {
            int quantized = Math.round(weights.values()[i] / scales[i / inner % channels]);
            this.weights[i] = (byte) Math.max(-width.largest(), Math.min(width.largest(), quantized));
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
