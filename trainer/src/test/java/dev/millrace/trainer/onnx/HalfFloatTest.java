package dev.millrace.trainer.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HalfFloatTest {
    @Test
    void everyHalfFloatComesBackAsItself() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float value = HalfFloat.value((short) bits);
            if (!Float.isNaN(value)) {
                assertThat(HalfFloat.bits(value)).isEqualTo((short) bits);
            } else {
                assertThat(HalfFloat.value(HalfFloat.bits(value))).isNaN();
            }
        }
    }

    @Test
    void roundsToTheNearestAndTiesToEven() {
        for (int bits = 0; bits < 0x7bff; bits++) {
            float low = HalfFloat.value((short) bits);
            float high = HalfFloat.value((short) (bits + 1));
            float middle = (low + high) / 2;

            assertThat(HalfFloat.bits(Math.nextDown(middle))).isEqualTo((short) bits);
            assertThat(HalfFloat.bits(Math.nextUp(middle))).isEqualTo((short) (bits + 1));
            assertThat(HalfFloat.bits(middle)).isEqualTo((short) (bits + (bits & 1)));
        }
    }

    @Test
    void whatIsTooLargeBecomesInfinite() {
        assertThat(HalfFloat.value(HalfFloat.bits(65_519))).isEqualTo(HalfFloat.MAX);
        assertThat(HalfFloat.value(HalfFloat.bits(65_520))).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(HalfFloat.value(HalfFloat.bits(-1e9f))).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(HalfFloat.value(HalfFloat.bits(1e-9f))).isZero();
    }
}
