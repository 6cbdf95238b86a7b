package dev.millrace.worker.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LatencyFitTest {
    private static final long SEED = 20_261_123;
    private static final double MS = 1e6;

    private final LatencyFit fit = new LatencyFit(Duration.ofMillis(50));
    private final Random random = new Random(SEED);

    /** A machine that takes a + b x size, within 10 %. */
    private long run(double fixedMs, double msPerImage, int size) {
        return Math.round((fixedMs + msPerImage * size) * (0.9 + 0.2 * random.nextDouble()) * MS);
    }

    private void observe(int runs, double fixedMs, double msPerImage, int max) {
        for (int i = 0; i < runs; i++) {
            int size = 1 + random.nextInt(fit.largest(max));
            fit.observe(size, run(fixedMs, msPerImage, size));
        }
    }

    @Test
    void findsBothParametersInNoise() {
        observe(200, 5, 1, 64);
        assertThat(fit.predictNanos(0) / MS).as("seed %d", SEED).isCloseTo(5, within(1.5));
        assertThat((fit.predictNanos(20) - fit.predictNanos(10)) / MS).isCloseTo(10, within(1.5));
        assertThat(fit.largest(64)).isBetween(40, 50);
    }

    @Test
    void allowsOneImageHoweverLongItTakes() {
        assertThat(fit.largest(8)).isEqualTo(1);
        observe(50, 500, 100, 8);
        assertThat(fit.largest(8)).isEqualTo(1);
    }

    @Test
    void neverAsksForMoreThanMay() {
        observe(100, 0.1, 0.01, 8);
        assertThat(fit.largest(8)).isEqualTo(8);
    }

    @Test
    void atMostDoublesWhatItHasTried() {
        int tried = 1;
        for (int i = 0; i < 20; i++) {
            int size = fit.largest(64);
            assertThat(size).isLessThanOrEqualTo(2 * tried);
            tried = Math.max(tried, size);
            fit.observe(size, run(1, 0.1, size));
        }
        assertThat(tried).isEqualTo(64);
    }

    @Test
    void staysUnderTheLimitWhileItExplores() {
        for (int i = 0; i < 300; i++) {
            int size = fit.largest(1024);
            long took = run(2, 1.5, size);
            assertThat(took / MS)
                    .as("run %d of %d images, seed %d", i, size, SEED)
                    .isLessThan(50 * 1.25);
            fit.observe(size, took);
        }
        assertThat(fit.largest(1024)).isBetween(27, 36);
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 100})
    void isNotThrownByRarePauses(int every) {
        observe(100, 5, 1, 64);
        for (int i = 0; i < 400; i++) {
            int size = 1 + random.nextInt(fit.largest(64));
            long pause = i % every == 0 ? 400_000_000L : 0;
            fit.observe(size, run(5, 1, size) + pause);
            assertThat(fit.largest(64)).as("after run %d, seed %d", i, SEED).isBetween(30, 56);
        }
    }

    @Test
    void followsALastingChangeAndBack() {
        observe(200, 5, 1, 64);
        observe(150, 15, 5, 64);
        assertThat(fit.largest(64)).as("seed %d", SEED).isBetween(5, 9);
        observe(300, 5, 1, 64);
        assertThat(fit.largest(64)).as("seed %d", SEED).isBetween(35, 52);
    }

    @Test
    void recoversFromOneImageAtATime() {
        observe(100, 100, 100, 64);
        assertThat(fit.largest(64)).isEqualTo(1);
        for (int i = 0; i < 400; i++) {
            int size = fit.largest(64);
            fit.observe(size, run(1, 1, size));
        }
        assertThat(fit.largest(64)).as("seed %d", SEED).isBetween(38, 55);
    }

    @Test
    void takesAGraphOfFixedBatchAsItIs() {
        for (int i = 0; i < 100; i++) {
            int size = 1 + random.nextInt(fit.largest(16));
            fit.observe(size, run(20, 0, size));
        }
        assertThat(fit.largest(16)).isEqualTo(16);
    }
}
