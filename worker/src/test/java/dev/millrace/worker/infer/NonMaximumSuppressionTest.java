package dev.millrace.worker.infer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.worker.infer.NonMaximumSuppression.Among;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class NonMaximumSuppressionTest {

    private record Box(float left, float top, float right, float bottom, float score, int index) {
        double overlap(Box other) {
            double width = Math.min(right, other.right) - (double) Math.max(left, other.left);
            double height = Math.min(bottom, other.bottom) - (double) Math.max(top, other.top);
            double both = Math.max(0, width) * Math.max(0, height);
            return both / (area() + other.area() - both);
        }

        double area() {
            return ((double) right - left) * ((double) bottom - top);
        }
    }

    @ParameterizedTest
    @EnumSource(Among.class)
    void keepsWhatCrossingOutByHandKeeps(Among among) {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            List<Box> boxes = boxes(random);
            int most = 1 + random.nextInt(80);
            // Whole corners and such a threshold: no overlap is so near to it that rounding could decide.
            float threshold = 0.1f + 0.7f * random.nextFloat();
            assertThat(choose(boxes, new NonMaximumSuppression(among, threshold, most)))
                    .as("seed %d, round %d, %s over %s of %d", seed, round, among, threshold, boxes.size())
                    .isEqualTo(byHand(boxes, among, threshold, most));
        }
    }

    @Test
    void ofEqualScoresTheFirstStays() {
        List<Box> boxes = List.of(new Box(0, 0, 9, 9, 0.5f, 0), new Box(0, 0, 9, 10, 0.5f, 0));
        assertThat(choose(boxes, new NonMaximumSuppression(Among.CLASS, 0.5f, 10)))
                .containsExactly(0);
    }

    @Test
    void boxesThatOnlyTouchDoNotOverlap() {
        List<Box> boxes = List.of(new Box(0, 0, 5, 5, 0.9f, 0), new Box(5, 0, 9, 5, 0.5f, 0));
        assertThat(choose(boxes, new NonMaximumSuppression(Among.ALL, 0, 10))).containsExactly(0, 1);
    }

    private static List<Box> boxes(Random random) {
        List<Box> boxes = new ArrayList<>();
        int n = random.nextInt(120);
        for (int i = 0; i < n; i++) {
            int left = random.nextInt(40);
            int top = random.nextInt(40);
            boxes.add(new Box(
                    left,
                    top,
                    left + 1 + random.nextInt(30),
                    top + 1 + random.nextInt(30),
                    (1 + random.nextInt(50)) / 51f,
                    random.nextInt(3)));
        }
        return boxes;
    }

    private static List<Integer> byHand(List<Box> boxes, Among among, float threshold, int most) {
        List<Integer> left = new ArrayList<>(IntStream.range(0, boxes.size())
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(i -> -boxes.get(i).score())
                        .thenComparing(i -> i))
                .limit(most)
                .toList());
        List<Integer> kept = new ArrayList<>();
        while (!left.isEmpty()) {
            int best = left.remove(0);
            kept.add(best);
            left.removeIf(other -> among != Among.NONE
                    && (among == Among.ALL
                            || boxes.get(best).index() == boxes.get(other).index())
                    && boxes.get(best).overlap(boxes.get(other)) > threshold);
        }
        return kept;
    }

    private static List<Integer> choose(List<Box> boxes, NonMaximumSuppression suppression) {
        Candidates candidates = new Candidates();
        Corners corners = new Corners();
        for (Box box : boxes) {
            corners.set(box.left(), box.top(), box.right(), box.bottom());
            candidates.add(corners, box.score(), box.index());
        }
        suppression.choose(candidates);
        return IntStream.range(0, suppression.size())
                .map(suppression::kept)
                .boxed()
                .toList();
    }
}
