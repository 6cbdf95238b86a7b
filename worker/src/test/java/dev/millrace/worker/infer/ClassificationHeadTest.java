package dev.millrace.worker.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.worker.decode.Placement;
import dev.millrace.worker.model.InferenceFailedException;
import java.nio.FloatBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ClassificationHeadTest {

    private static final List<String> ABC = List.of("a", "b", "c");

    @Test
    void givesSoftmaxProbabilitiesBestFirst() {
        List<ScoredLabel> top = top(new ClassificationHead(ABC, 3), FloatBuffer.wrap(new float[] {1, 3, 2}), 0);
        assertThat(top).extracting(ScoredLabel::label).containsExactly("b", "c", "a");
        assertThat(top).extracting(ScoredLabel::index).containsExactly(1, 2, 0);
        assertThat(top.get(0).score()).isCloseTo(0.665241f, within(1e-5f));
        assertThat(top.get(1).score()).isCloseTo(0.244728f, within(1e-5f));
        assertThat(top.get(2).score()).isCloseTo(0.090031f, within(1e-5f));
    }

    @Test
    void readsItsOwnRowOnly() {
        FloatBuffer batch = FloatBuffer.wrap(new float[] {9, 0, 0, 0, 9, 0, 0, 0, 9});
        ClassificationHead head = new ClassificationHead(ABC, 1);
        assertThat(top(head, batch, 0).get(0).label()).isEqualTo("a");
        assertThat(top(head, batch, 2).get(0).label()).isEqualTo("c");
        assertThat(top(head, batch, 1).get(0).label()).isEqualTo("b");
    }

    @Test
    void staysFiniteForHugeLogits() {
        List<ScoredLabel> top = top(
                new ClassificationHead(ABC, 3),
                FloatBuffer.wrap(new float[] {Float.MAX_VALUE, -Float.MAX_VALUE, 0}),
                0);
        assertThat(top).extracting(ScoredLabel::score).containsExactly(1f, 0f, 0f);
    }

    @Test
    void ordersEqualScoresByIndex() {
        List<ScoredLabel> top = top(new ClassificationHead(ABC, 3), FloatBuffer.wrap(new float[] {5, 5, 5}), 0);
        assertThat(top).extracting(ScoredLabel::index).containsExactly(0, 1, 2);
    }

    @Test
    void givesNoMoreLabelsThanTheModelHas() {
        assertThat(top(new ClassificationHead(ABC, 10), FloatBuffer.wrap(new float[] {1, 2, 3}), 0))
                .hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 50, 100})
    void agreesWithSortingAllClasses(int k) {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<String> labels = IntStream.range(0, 100).mapToObj(String::valueOf).toList();
        ClassificationHead head = new ClassificationHead(labels, k);
        for (int round = 0; round < 200; round++) {
            float[] logits = new float[100];
            for (int i = 0; i < logits.length; i++) {
                logits[i] = random.nextInt(60) - 30;
            }
            List<Integer> sorted = IntStream.range(0, 100)
                    .boxed()
                    .sorted(Comparator.<Integer>comparingDouble(i -> -logits[i]).thenComparing(i -> i))
                    .limit(k)
                    .toList();
            assertThat(top(head, FloatBuffer.wrap(logits), 0))
                    .as("seed %d, round %d", seed, round)
                    .extracting(ScoredLabel::index)
                    .isEqualTo(sorted);
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void failsOnLogitsThatAreNoNumbers(float bad) {
        ClassificationHead head = new ClassificationHead(ABC, 1);
        for (int at = 0; at < 3; at++) {
            float[] logits = {1, 2, 3};
            logits[at] = bad;
            assertThatExceptionOfType(InferenceFailedException.class)
                    .isThrownBy(() -> top(head, FloatBuffer.wrap(logits), 0))
                    .withMessage("logit of %s: %s (expected: a finite number)", ABC.get(at), bad);
        }
    }

    private static List<ScoredLabel> top(ClassificationHead head, FloatBuffer batch, int row) {
        return head.answer(List.of(batch), row, Placement.whole(1, 1)).best();
    }
}
