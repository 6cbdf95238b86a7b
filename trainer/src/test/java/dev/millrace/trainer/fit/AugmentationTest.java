package dev.millrace.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.fit.Augmentation.Flip;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AugmentationTest {
    private static final ImageShape ROW = new ImageShape(1, 3, 1);
    private static final byte[] IMAGE = {1, 2, 3};

    @Test
    void leavesTheImageAloneWhenTurnedOff() {
        assertThat(outcomes(Augmentation.NONE)).containsExactly(List.of(1, 2, 3));
    }

    @Test
    void mirrorsHalfOfTheTime() {
        assertThat(outcomes(new Augmentation(Flip.RANDOM, 0, 0)))
                .containsExactlyInAnyOrder(List.of(1, 2, 3), List.of(3, 2, 1));
    }

    @Test
    void mirrorsWhenItIsTheImagesTurnWhereFlipsAlternate() {
        byte[] turned = new byte[3];
        byte[] left = new byte[3];
        Augmentation alternating = new Augmentation(Flip.ALTERNATING, 0, 0);

        alternating.apply(IMAGE, ROW, true, new SplittableRandom(1), turned, 0);
        alternating.apply(IMAGE, ROW, false, new SplittableRandom(1), left, 0);

        assertThat(ints(turned)).containsExactly(3, 2, 1);
        assertThat(ints(left)).containsExactly(1, 2, 3);
    }

    @Test
    void shiftsByAtMostTheGivenPixelsAndRepeatsTheBorder() {
        assertThat(outcomes(new Augmentation(Flip.NEVER, 1, 0)))
                .containsExactlyInAnyOrder(List.of(1, 2, 3), List.of(1, 1, 2), List.of(2, 3, 3));
    }

    @Test
    void erasesOneSquareWithTheMean() {
        assertThat(outcomes(new Augmentation(Flip.NEVER, 0, 1)))
                .containsExactlyInAnyOrder(List.of(1, 2, 3), List.of(2, 2, 3), List.of(1, 2, 2));
    }

    @Test
    void keepsTheColoursOfAPixelTogether() {
        ImageShape colour = new ImageShape(1, 2, 3);
        byte[] image = {1, 2, 3, 4, 5, 6};
        byte[] into = new byte[8];

        Set<List<Integer>> seen = new HashSet<>();
        for (int seed = 0; seed < 20; seed++) {
            new Augmentation(Flip.RANDOM, 0, 0).apply(image, colour, false, new SplittableRandom(seed), into, 2);
            seen.add(ints(into));
        }
        assertThat(seen).containsExactlyInAnyOrder(List.of(0, 0, 1, 2, 3, 4, 5, 6), List.of(0, 0, 4, 5, 6, 1, 2, 3));
    }

    private static Set<List<Integer>> outcomes(Augmentation augmentation) {
        Set<List<Integer>> seen = new HashSet<>();
        for (int seed = 0; seed < 200; seed++) {
            byte[] into = new byte[3];
            augmentation.apply(IMAGE, ROW, false, new SplittableRandom(seed), into, 0);
            seen.add(ints(into));
        }
        return seen;
    }

    private static List<Integer> ints(byte[] bytes) {
        return IntStream.range(0, bytes.length).mapToObj(i -> (int) bytes[i]).toList();
    }
}
