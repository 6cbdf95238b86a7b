package dev.millrace.producer.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.millrace.producer.OutgoingImage;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CorruptionTest {
    private static final byte[] GREY = {1, 2, 3, 4, 5, 6};

    private final Random random = new Random(1);

    @Test
    void invertsEachValueAndLeavesTheImageAsItWas() {
        OutgoingImage image = OutgoingImage.raw(new byte[] {0, 1, (byte) 200, (byte) 255}, 2, 2, 1);

        OutgoingImage inverted = corrupt("invert", image);

        assertThat(inverted.pixels()).containsExactly(255, 254, 55, 0);
        assertThat(image.pixels()).containsExactly(0, 1, 200, 255);
        assertThat(inverted.requestId()).isEqualTo(image.requestId());
    }

    @Test
    void turnsClockwise() {
        // 1 2 3     4 1     6 5 4
        // 4 5 6     5 2     3 2 1
        //           6 3
        OutgoingImage quarter = corrupt("rotate90", OutgoingImage.raw(GREY, 3, 2, 1));
        OutgoingImage half = corrupt("rotate180", OutgoingImage.raw(GREY, 3, 2, 1));

        assertThat(quarter.pixels()).containsExactly(4, 1, 5, 2, 6, 3);
        assertThat(quarter.width()).isEqualTo(2);
        assertThat(quarter.height()).isEqualTo(3);
        assertThat(half.pixels()).containsExactly(6, 5, 4, 3, 2, 1);
        assertThat(half.width()).isEqualTo(3);
    }

    @Test
    void turnsColoursTogether() {
        assertThat(corrupt("rotate180", OutgoingImage.raw(GREY, 2, 1, 3)).pixels())
                .containsExactly(4, 5, 6, 1, 2, 3);
    }

    @Test
    void dimsByAFactor() {
        OutgoingImage image = OutgoingImage.raw(new byte[] {0, 10, (byte) 201, (byte) 255}, 2, 2, 1);

        assertThat(corrupt("dim:0.5", image).pixels()).containsExactly(0, 5, 101, 128);
        assertThat(corrupt("dim:0", image).pixels()).containsOnly(0);
        assertThat(corrupt("dim:1", image).pixels()).isEqualTo(image.pixels());
    }

    @Test
    void addsNoiseOfTheDeviationAskedForTheSameForTheSameSeed() {
        byte[] grey = new byte[100 * 100];
        Arrays.fill(grey, (byte) 128);
        OutgoingImage image = OutgoingImage.raw(grey, 100, 100, 1);

        byte[] noisy = Corruption.parse("noise:20").apply(image, new Random(7)).pixels();

        double mean = 0;
        double square = 0;
        for (byte value : noisy) {
            double off = (value & 0xFF) - 128;
            mean += off / noisy.length;
            square += off * off / noisy.length;
        }
        assertThat(mean).isBetween(-1.0, 1.0);
        assertThat(Math.sqrt(square)).isBetween(19.0, 21.0);
        assertThat(Corruption.parse("noise:20").apply(image, new Random(7)).pixels())
                .isEqualTo(noisy);
        assertThat(Corruption.parse("noise:20").apply(image, new Random(8)).pixels())
                .isNotEqualTo(noisy);
    }

    @Test
    void cutsNoiseOffAtBlackAndWhite() {
        OutgoingImage black = OutgoingImage.raw(new byte[1000], 100, 10, 1);

        byte[] noisy = corrupt("noise:255", black).pixels();

        assertThat(noisy).contains(0).contains(255);
    }

    @Test
    void refusesAnImageWhosePixelsAreNotAtHand() {
        OutgoingImage png = OutgoingImage.png(new byte[] {1});

        assertThatIllegalArgumentException()
                .isThrownBy(() -> corrupt("invert", png))
                .withMessage("pixels: in a PNG (expected: a raw image, such as those of a data set)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "blur", "rotate45", "noise", "noise:0", "noise:256", "noise:-1", "dim:1.1", "dim:x"})
    void refusesWhatItDoesNotKnow(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Corruption.parse(text))
                .withMessage(text + " (expected: invert, rotate90, rotate180, noise:SIGMA or dim:FACTOR,"
                        + " SIGMA above 0 and at most 255, FACTOR 0 to 1)");
    }

    private OutgoingImage corrupt(String what, OutgoingImage image) {
        return Corruption.parse(what).apply(image, random);
    }
}
