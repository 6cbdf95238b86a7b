package dev.millrace.trainer.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.util.Arrays;
import java.util.Optional;

/** How a safetensors file writes a real number, by its name there. Every one is read exactly. */
enum FloatType {
    F32(4) {
        @Override
        float[] values(ByteBuffer littleEndian) {
            float[] values = new float[littleEndian.remaining() / Float.BYTES];
            littleEndian.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
            return values;
        }
    },
    F16(2) {
        @Override
        float[] values(ByteBuffer littleEndian) {
            return halves(littleEndian, FloatType::half);
        }
    },
    /** The upper half of an F32. */
    BF16(2) {
        @Override
        float[] values(ByteBuffer littleEndian) {
            return halves(littleEndian, bits -> Float.intBitsToFloat(bits << 16));
        }
    };

    private final int bytes;

    FloatType(int bytes) {
        this.bytes = bytes;
    }

    static Optional<FloatType> of(String name) {
        return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
    }

    int bytes() {
        return bytes;
    }

    /** All that is left in the buffer. */
    abstract float[] values(ByteBuffer littleEndian);

    private static float[] halves(ByteBuffer littleEndian, Widening widening) {
        ShortBuffer halves = littleEndian.order(ByteOrder.LITTLE_ENDIAN).asShortBuffer();
        float[] values = new float[halves.remaining()];
        for (int i = 0; i < values.length; i++) {
            values[i] = widening.widen(halves.get(i));
        }
        return values;
    }

    /** IEEE 754 binary16: 1 bit sign, 5 bits exponent, 10 bits fraction. Java itself can from version 20 on. */
    private static float half(int bits) {
        int exponent = bits >> 10 & 0x1f;
        int fraction = bits & 0x3ff;
        float magnitude =
                switch (exponent) {
                    case 0 -> Math.scalb((float) fraction, -24);
                    case 0x1f -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
                    default -> Math.scalb((float) (0x400 | fraction), exponent - 25);
                };
        return (bits & 0x8000) == 0 ? magnitude : -magnitude;
    }

    /** From 16 bits to a float. */
    private interface Widening {
        float widen(int bits);
    }
}
