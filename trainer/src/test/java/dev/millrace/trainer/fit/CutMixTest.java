package dev.millrace.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.trainer.dataset.ImageShape;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CutMixTest {
    private static final ImageShape SHAPE = new ImageShape(4, 5, 3);

    @Test
    void pastesTheRectangleOfTheNextImageAndLeavesTheRest() {
        byte[] pixels = new byte[3 * SHAPE.bytes()];
        for (int i = 0; i < 3; i++) {
            Arrays.fill(pixels, i * SHAPE.bytes(), (i + 1) * SHAPE.bytes(), (byte) (10 * (i + 1)));
        }

        new CutMix(1, 3, 2, 5).paste(pixels, new long[] {7, 8, 9}, SHAPE);

        for (int i = 0; i < 3; i++) {
            for (int y = 0; y < SHAPE.height(); y++) {
                for (int x = 0; x < SHAPE.width(); x++) {
                    boolean pasted = y >= 1 && y < 3 && x >= 2;
                    int shown = pasted ? (i + 1) % 3 : i;
                    int at = i * SHAPE.bytes() + (y * SHAPE.width() + x) * SHAPE.channels();
                    assertThat(pixels[at]).as("image %d at %d, %d", i, y, x).isEqualTo((byte) (10 * (shown + 1)));
                    assertThat(pixels[at + 2]).isEqualTo(pixels[at]);
                }
            }
        }
        assertThat(new CutMix(1, 3, 2, 5).share(SHAPE)).isEqualTo(1 - 6.0 / 20);
    }

    @Test
    void rectanglesAreOfAllSizesAndInside() {
        long seed = 5;
        System.out.println("seed: " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        ImageShape shape = new ImageShape(32, 32, 3);
        double sum = 0;
        for (int i = 0; i < 2_000; i++) {
            CutMix mix = CutMix.anywhere(shape, random);
            assertThat(mix.share(shape)).isBetween(0.0, 1.0);
            assertThat(mix.top()).isBetween(0, 31);
            assertThat(mix.bottom()).isBetween(0, 32);
            assertThat(mix.left()).isBetween(0, 31);
            assertThat(mix.right()).isBetween(0, 32);
            sum += mix.share(shape);
        }
        // Half of the image before the cut at its edges, which takes a third of that.
        assertThat(sum / 2_000).isCloseTo(0.67, within(0.05));
    }
}
