package dev.millrace.trainer.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DriftTest {
    private static final Instant NOON = Instant.parse("2026-11-26T12:00:00Z");
    private static final DriftLimits LIMITS = new DriftLimits(0.25, 0.1, 200);

    private final Reference reference = new Reference(List.of(300L, 300L, 300L), 0.9);
    private final DriftWindow window = new DriftWindow(3, LIMITS.window());

    @Test
    void answersLikeTheReferencesAreNoDrift() {
        answers(200, 3, 0.9f);

        Drift drift = Drift.of(window, reference, LIMITS, null, NOON);

        assertThat(drift.drifted()).isFalse();
        assertThat(drift.since()).isNull();
        assertThat(drift.why()).isEmpty();
        assertThat(drift.answers()).isEqualTo(200);
        assertThat(drift.psi()).isLessThan(0.001);
        assertThat(drift.confidence()).isCloseTo(0.9, within(1e-6));
        assertThat(drift.referenceConfidence()).isEqualTo(0.9);
    }

    @Test
    void otherClassesAreDriftAndSayWhy() {
        answers(200, 1, 0.9f);

        Drift drift = Drift.of(window, reference, LIMITS, null, NOON);

        assertThat(drift.drifted()).isTrue();
        assertThat(drift.why()).matches("psi [0-9.]+ \\(expected: at most 0.25\\)");
    }

    @Test
    void lowerConfidenceIsDriftAndHigherIsNot() {
        answers(200, 3, 0.79f);
        Drift low = Drift.of(window, reference, LIMITS, null, NOON);
        answers(200, 3, 1f);
        Drift high = Drift.of(window, reference, LIMITS, low, NOON);

        assertThat(low.why()).isEqualTo("confidence 0.790 (expected: at least 0.800)");
        assertThat(high.drifted()).isFalse();
    }

    @Test
    void nothingHasDriftedBeforeTheWindowIsFull() {
        assertThat(Drift.of(window, reference, LIMITS, null, NOON)).isEqualTo(new Drift(0, 0, 0, 0.9, null, ""));
        answers(199, 1, 0.1f);
        Drift early = Drift.of(window, reference, LIMITS, null, NOON);
        answers(1, 1, 0.1f);
        Drift full = Drift.of(window, reference, LIMITS, early, NOON);

        assertThat(early.psi()).isGreaterThan(LIMITS.psi());
        assertThat(early.drifted()).isFalse();
        assertThat(full.drifted()).isTrue();
        assertThat(full.why()).contains("psi").contains("confidence");
    }

    @Test
    void sinceIsTheFirstLookOfThoseThatFoundItWithoutABreak() {
        answers(200, 1, 0.9f);
        Drift first = Drift.of(window, reference, LIMITS, null, NOON);
        Drift second = Drift.of(window, reference, LIMITS, first, NOON.plusSeconds(60));
        answers(200, 3, 0.9f);
        Drift over = Drift.of(window, reference, LIMITS, second, NOON.plusSeconds(120));
        answers(200, 1, 0.9f);
        Drift again = Drift.of(window, reference, LIMITS, over, NOON.plusSeconds(180));

        assertThat(List.of(first, second)).extracting(Drift::since).containsOnly(NOON);
        assertThat(over.since()).isNull();
        assertThat(again.since()).isEqualTo(NOON.plusSeconds(180));
    }

    @Test
    void chanceIsNoDriftWhereClassesAreManyAndImagesFew() {
        long seed = 7;
        System.out.println("seed of the answers: " + seed);
        Random random = new Random(seed);
        int classes = 200;
        DriftLimits limits = new DriftLimits(0.25, 0.1, 1_000);
        long[] counts = new long[classes];
        IntStream.range(0, 400).forEach(i -> counts[skewed(random, classes)]++);
        Reference few = new Reference(
                IntStream.range(0, classes).mapToObj(c -> counts[c]).toList(), 0.9);
        DriftWindow many = new DriftWindow(classes, limits.window());
        int looks = 200;
        int beyond = 0;
        for (int look = 0; look < looks; look++) {
            IntStream.range(0, 1_000).forEach(i -> many.add(skewed(random, classes), 0.9f));
            Drift drift = Drift.of(many, few, limits, null, NOON);
            beyond += drift.psi() > limits.psi() ? 1 : 0;
            assertThat(drift.drifted()).as("look %d, psi %s", look, drift.psi()).isFalse();
        }
        assertThat(beyond)
                .as("looks that the limit alone would have called drift")
                .isGreaterThan(looks / 2);

        IntStream.range(0, 1_000).forEach(i -> many.add(classes - 1 - skewed(random, classes), 0.9f));
        assertThat(Drift.of(many, few, limits, null, NOON).drifted()).isTrue();
    }

    @Test
    void refusesAReferenceOfOtherClassesAndNumbersOutOfRange() {
        assertThatThrownBy(() -> Drift.of(window, new Reference(List.of(1L, 1L), 0.5), LIMITS, null, NOON))
                .hasMessage("classes: 3 (expected: 2, as the reference has)");
        assertThatThrownBy(() -> new Reference(Collections.nCopies(3, 0L), 0.5))
                .hasMessageStartingWith("answers: [0, 0, 0] (expected:");
        assertThatThrownBy(() -> new Reference(List.of(1L, -1L), 0.5)).hasMessageStartingWith("answers: [1, -1]");
        assertThatThrownBy(() -> new Reference(List.of(1L), Double.NaN))
                .hasMessage("confidence: NaN (expected: 0 to 1)");
        assertThatThrownBy(() -> new DriftLimits(0, 0.1, 1_000)).hasMessage("psi: 0.0 (expected: a number above 0)");
        assertThatThrownBy(() -> new DriftLimits(0.2, 1.1, 1_000))
                .hasMessage("confidence_drop: 1.1 (expected: above 0, to 1)");
        assertThatThrownBy(() -> new DriftLimits(0.2, 0.1, 99)).hasMessage("window: 99 (expected: 100 to 1000000)");
    }

    /** Half of all answers are of a tenth of the classes. */
    private static int skewed(Random random, int classes) {
        return random.nextInt(random.nextBoolean() ? classes / 10 : classes);
    }

    /** So many answers that go round the first classes. */
    private void answers(int n, int classes, float score) {
        IntStream.range(0, n).forEach(i -> window.add(i % classes, score));
    }
}
