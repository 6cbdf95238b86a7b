package dev.millrace.trainer.quantize;

/**
 * How many bits of an int8 a weight uses. On x86 with AVX2 but without VNNI, the product of an unsigned and a signed byte is summed in
 * pairs into 16 bits, which full-range weights can overflow; 7-bit weights cannot.
 */
public enum WeightWidth {
    SEVEN_BITS(63),
    EIGHT_BITS(127);

    private static final double ALLOWED_COST = 0.002;

    private final int largest;

    WeightWidth(int largest) {
        this.largest = largest;
    }

    /**
     * The width of 7 or 8 bits.
     *
     * @throws IllegalArgumentException for another number
     */
    public static WeightWidth ofBits(int bits) {
        return switch (bits) {
            case 7 -> SEVEN_BITS;
            case 8 -> EIGHT_BITS;
            default -> throw new IllegalArgumentException("weights: %d bits (expected: 7 or 8)".formatted(bits));
        };
    }

    /** The largest magnitude of a quantized weight. */
    int largest() {
        return largest;
    }

    /** 7 bits, unless they cost more than 0.2 point of top-1 (both 0 to 1, on validation images). */
    public static WeightWidth choose(double top1SevenBits, double top1EightBits) {
        return top1EightBits - top1SevenBits > ALLOWED_COST ? EIGHT_BITS : SEVEN_BITS;
    }

    @Override
    public String toString() {
        return this == SEVEN_BITS ? "7-bit" : "8-bit";
    }
}
