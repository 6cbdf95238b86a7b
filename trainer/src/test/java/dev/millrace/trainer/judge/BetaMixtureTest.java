package dev.millrace.trainer.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BetaMixtureTest {
    private static final int RUNS = 2_000;
    private static final int LOOKS = 2_000;
    private static final double ALPHA = 0.1;
    /** Three standard deviations of a share of RUNS that is ALPHA. */
    private static final double CHANCE = 3 * Math.sqrt(ALPHA * (1 - ALPHA) / RUNS);

    /** Robbins' region {@code binom(n, x) p^x q^(n-x) > alpha / (n + 1)}, by SciPy's binom.pmf and brentq. */
    @ParameterizedTest
    @CsvSource({
        "5, 10, 0.05, 0.1292190124, 0.8707809876",
        "0, 100, 0.05, 0, 0.0732843734",
        "50, 1000, 0.05, 0.0282351266, 0.0801709113",
        "950, 1000, 0.01, 0.9160468628, 0.9736452585"
    })
    void isRobbinsRegionWhereTheWeightsAreEven(double s, long n, double alpha, double low, double high) {
        Interval interval = new BetaMixture(1, 1).mean(s, n, alpha);

        assertThat(interval.low()).isCloseTo(low, within(1e-9));
        assertThat(interval.high()).isCloseTo(high, within(1e-9));
    }

    /** By SciPy's betaln and brentq. */
    @ParameterizedTest
    @CsvSource({
        "0, 1000, 0.05, 0, 0.0069975025",
        "50, 1000, 0.05, 0.0287199173, 0.0792395818",
        "9500, 10000, 0.01, 0.9399622903, 0.9589064077",
        "812.5, 1000, 0.01, 0.7589714527, 0.8591616822",
        "1000, 1000, 0.05, 0.9930024975, 1",
        "0, 0, 0.05, 0, 1"
    })
    void isNarrowerForSharesNearTheEnds(double s, long n, double alpha, double low, double high) {
        Interval interval = BetaMixture.SHARE.mean(s, n, alpha);

        assertThat(interval.low()).isCloseTo(low, within(1e-9));
        assertThat(interval.high()).isCloseTo(high, within(1e-9));
    }

    /** By SciPy's betaln and brentq. */
    @ParameterizedTest
    @CsvSource({
        "0.5, 1000, 0.05, 0.4442421804, 0.5557578196",
        "0.99, 500, 0.01, 0.9694246828, Infinity",
        "0.99, 2000, 0.01, 0.9807659166, 0.9966880158"
    })
    void findsTheQuantilesPlacesAndNoneAboveASmallSample(double p, double n, double alpha, double low, double high) {
        Interval places = BetaMixture.quantile(p).places(p, n, alpha);

        assertThat(places.low()).isCloseTo(low, within(1e-9));
        if (Double.isInfinite(high)) {
            assertThat(places.high()).isEqualTo(high);
        } else {
            assertThat(places.high()).isCloseTo(high, within(1e-9));
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.002, 0.05, 0.5})
    void missesTheTruthInOneOfTenRunsAtMostThoughLookedAtAfterEveryRecord(double truth) {
        Random random = new Random(1);
        int missed = 0;
        for (int run = 0; run < RUNS; run++) {
            int successes = 0;
            boolean inside = true;
            for (int n = 1; n <= LOOKS && inside; n++) {
                successes += random.nextDouble() < truth ? 1 : 0;
                inside = BetaMixture.SHARE.contains(truth, successes, n, ALPHA);
            }
            missed += inside ? 0 : 1;
        }
        assertThat((double) missed / RUNS).isBetween(0.001, ALPHA + CHANCE);
    }

    @Test
    void holdsForTheMeanOfAnythingBetween0And1() {
        Random random = new Random(2);
        int missed = 0;
        for (int run = 0; run < RUNS; run++) {
            double sum = 0;
            boolean inside = true;
            for (int n = 1; n <= LOOKS && inside; n++) {
                // Mean 0.75: mostly 1, or anything below.
                sum += random.nextBoolean() ? 1 : random.nextDouble();
                inside = BetaMixture.SHARE.contains(0.75, sum, n, ALPHA);
            }
            missed += inside ? 0 : 1;
        }
        assertThat((double) missed / RUNS).isLessThanOrEqualTo(ALPHA + CHANCE);
    }

    /** The reason for all this: a 90 % interval of a fixed sample, asked after every record, is wrong half of the time. */
    @Test
    void differsFromATestOfAFixedSampleThatIsAskedAgainAndAgain() {
        Random random = new Random(1);
        int missed = 0;
        for (int run = 0; run < RUNS; run++) {
            int successes = 0;
            boolean inside = true;
            for (int n = 1; n <= LOOKS && inside; n++) {
                successes += random.nextBoolean() ? 1 : 0;
                double z = (successes - n / 2.0) / Math.sqrt(n / 4.0);
                inside = Math.abs(z) < 1.645;
            }
            missed += inside ? 0 : 1;
        }
        assertThat((double) missed / RUNS).isGreaterThan(0.5);
    }
}
