package dev.millrace.trainer.judge;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

/** How often the judge is wrong, and how soon it is right, over seeded trials that it looks at again and again. */
class ErrorRatesTest {
    private static final Instant HELD = Results.STEPPED.plus(Duration.ofHours(1));
    private static final Acknowledged ALL = new Acknowledged(1, 1, null);
    private static final OpenTrial TRIAL = Results.canary(5_000, 5_000);
    private static final int TRIALS = 150;

    private final Random random = new Random(7);

    /** A version as it is. */
    private record Nature(double errors, double accuracy, double confidence, double micros) {}

    private final class Growing {
        private final Nature nature;
        private final Histogram micros = new Histogram(3_600_000_000L, 3);
        private long answered;
        private long failed;
        private long right;
        private double confidence;

        Growing(Nature nature) {
            this.nature = nature;
        }

        void one() {
            if (random.nextDouble() < nature.errors()) {
                failed++;
                return;
            }
            answered++;
            right += random.nextDouble() < nature.accuracy() ? 1 : 0;
            // Uniform around its mean.
            confidence += nature.confidence() + (random.nextDouble() - 0.5) * 2 * (1 - nature.confidence());
            micros.recordValue((long) (nature.micros() * Math.exp(random.nextGaussian() / 4)));
        }

        Arm seen() {
            return new Arm(answered, failed, answered, answered, confidence, micros.copy(), answered, answered, right);
        }
    }

    /** The first verdict that is no hold, looked for at every {@code every}th record; a hold if there is none. */
    private Verdict first(Policy policy, Nature champion, Nature challenger, int records, int every) {
        Growing one = new Growing(champion);
        Growing other = new Growing(challenger);
        Verdict verdict = new Verdict.Hold(Verdict.Why.SAMPLES, "");
        for (int n = 1; n <= records && verdict instanceof Verdict.Hold; n++) {
            one.one();
            other.one();
            if (n % every == 0) {
                verdict = Judgement.of(TRIAL, Arms.canary(one.seen(), other.seen()), ALL, policy, HELD)
                        .verdict();
            }
        }
        return verdict;
    }

    private int count(Class<? extends Verdict> kind, Policy policy, Nature champion, Nature challenger, int records) {
        int count = 0;
        for (int trial = 0; trial < TRIALS; trial++) {
            count += kind.isInstance(first(policy, champion, challenger, records, 200)) ? 1 : 0;
        }
        return count;
    }

    /** Nothing may be worse: an equal challenger is on the limit of every figure, where false alarms are the most frequent. */
    @Test
    void rollsBackAnEqualChallengerNoOftenerThanAlphaSays() throws Exception {
        Policy nothingWorse = PolicyTest.parsed(
                "alpha: 0.2\nworse: {errors: 0, accuracy: 0, confidence: 0, p50: 1, p99: 1}\nsamples: {harm: 50}\n");
        Nature same = new Nature(0.02, 0.9, 0.8, 2_000);

        int wrong = count(Verdict.RollBack.class, nothingWorse, same, same, 6_000);

        assertThat((double) wrong / TRIALS).isLessThanOrEqualTo(0.2 + deviation(0.2));
    }

    @Test
    void promotesAChallengerOnTheLimitNoOftenerThanAlphaSays() throws Exception {
        Policy labelled = PolicyTest.parsed("alpha: 0.2\nworse: {accuracy: 5}\nlabels: {required: true}\n");
        Nature champion = new Nature(0, 0.9, 0.8, 2_000);
        Nature onTheLimit = new Nature(0, 0.85, 0.8, 2_000);

        int wrong = count(Verdict.Promote.class, labelled, champion, onTheLimit, 6_000);

        assertThat((double) wrong / TRIALS).isLessThanOrEqualTo(0.2 + deviation(0.2));
    }

    @Test
    void promotesAnEqualChallengerAfterSomeThousandsOfResults() throws Exception {
        Policy labelled = PolicyTest.parsed("worse: {accuracy: 5}\nlabels: {required: true}\n");
        Nature same = new Nature(0.001, 0.95, 0.9, 2_000);

        int right = count(Verdict.Promote.class, labelled, same, same, 6_000);

        assertThat((double) right / TRIALS).isGreaterThan(0.95);
    }

    @Test
    void findsAWorseChallengerWhicheverFigureItIsWorseIn() {
        Nature champion = new Nature(0.001, 0.95, 0.9, 2_000);
        Nature[] worse = {
            new Nature(0.10, 0.95, 0.9, 2_000),
            new Nature(0.001, 0.85, 0.9, 2_000),
            new Nature(0.001, 0.95, 0.7, 2_000),
            new Nature(0.001, 0.95, 0.9, 4_000)
        };
        for (Nature challenger : worse) {
            int found = 0;
            for (int trial = 0; trial < 30; trial++) {
                found += first(Policy.DEFAULT, champion, challenger, 6_000, 200) instanceof Verdict.RollBack ? 1 : 0;
            }
            assertThat(found).as(challenger.toString()).isEqualTo(30);
        }
    }

    /** Three standard deviations of a share of TRIALS. */
    private static double deviation(double share) {
        return 3 * Math.sqrt(share * (1 - share) / TRIALS);
    }
}
