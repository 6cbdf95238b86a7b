package dev.millrace.trainer.net;

/**
 * What happens to a pixel before the first operation: {@code (pixel - mean) * scale}, the same for all channels. With an integer mean
 * and a power of two as scale this is exact in float32, and the very formula of ONNX DequantizeLinear on uint8: a quantized model eats
 * the bytes of the image.
 *
 * @param mean 0 to 255
 */
public record Normalization(int mean, float scale) {
    /** Brings 0 to 255 to -1 to 1, as EfficientNet-Lite's weights expect it. */
    public static final Normalization CENTRED = new Normalization(127, 1 / 128f);

    private static final float SCALE = 1 / 64f;

    public Normalization {
        if (mean < 0 || mean > 255) {
            throw new IllegalArgumentException("mean: %d (expected: 0 to 255)".formatted(mean));
        }
        if (!(scale > 0) || Float.intBitsToFloat(Float.floatToIntBits(scale) & 0x7f800000) != scale) {
            throw new IllegalArgumentException("scale: %s (expected: a power of two)".formatted(scale));
        }
    }

    /** Centres pixels of this mean; 1/64 brings their spread near to 1. */
    public static Normalization around(double meanPixel) {
        return new Normalization((int) Math.round(meanPixel), SCALE);
    }
}
