package dev.millrace.trainer.onnx;

/** Rounds float32 to float16 (IEEE 754 binary16), as bits: Java can do so by itself from release 20 on. */
public final class HalfFloat {
    /** The largest finite one. */
    public static final float MAX = 65504;

    private static final int FLOAT_MANTISSA = 23;
    private static final int HALF_MANTISSA = 10;
    private static final int BIAS_DIFFERENCE = 127 - 15;

    private HalfFloat() {}

    /** To nearest, ties to even; what is too large becomes infinite. */
    public static short bits(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = (bits >>> 16) & 0x8000;
        int magnitude = bits & 0x7fffffff;
        if (magnitude >= 0x7f800000) {
            return (short) (sign | 0x7c00 | (magnitude > 0x7f800000 ? 0x200 : 0));
        }
        int exponent = (magnitude >>> FLOAT_MANTISSA) - BIAS_DIFFERENCE;
        int mantissa = magnitude & 0x7fffff;
        int dropped = FLOAT_MANTISSA - HALF_MANTISSA;
        if (exponent <= 0) {
            // Subnormal: the leading one becomes a digit, shifted down by as much as the exponent is too small.
            dropped += 1 - exponent;
            if (dropped > FLOAT_MANTISSA + 1) {
                return (short) sign;
            }
            mantissa |= 0x800000;
            exponent = 0;
        }
        int kept = (exponent << HALF_MANTISSA) | (mantissa >>> dropped);
        int rest = mantissa & ((1 << dropped) - 1);
        int half = 1 << (dropped - 1);
        // A carry out of the mantissa is the next exponent, up to infinity.
        boolean up = rest > half || (rest == half && (kept & 1) == 1);
        return (short) (sign | Math.min(0x7c00, kept + (up ? 1 : 0)));
    }

    /** The value of such bits. */
    public static float value(short bits) {
        int sign = (bits & 0x8000) << 16;
        int exponent = (bits >>> HALF_MANTISSA) & 0x1f;
        int mantissa = bits & 0x3ff;
        if (exponent == 0) {
            float magnitude = mantissa * 0x1p-24f;
            return sign == 0 ? magnitude : -magnitude;
        }
        int wide = exponent == 0x1f ? 0x7f800000 : (exponent + BIAS_DIFFERENCE) << FLOAT_MANTISSA;
        return Float.intBitsToFloat(sign | wide | (mantissa << (FLOAT_MANTISSA - HALF_MANTISSA)));
    }
}
