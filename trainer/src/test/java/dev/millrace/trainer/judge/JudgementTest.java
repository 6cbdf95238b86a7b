package dev.millrace.trainer.judge;

import static dev.millrace.trainer.judge.Arms.arm;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.RolloutAction;
import dev.millrace.trainer.judge.Verdict.Hold;
import dev.millrace.trainer.judge.Verdict.Why;
import dev.millrace.trainer.rollout.TrialCommand;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class JudgementTest {
    private static final Instant HELD = Results.STEPPED.plus(Duration.ofMinutes(2));
    private static final Acknowledged ALL = new Acknowledged(3, 3, null);
    private static final int MANY = 20_000;
    private static final int MANY_RIGHT = 19_000;
    private static final int MANY_AGREED = 19_800;

    private final OpenTrial first = Results.canary(100, 100, 1_000, 5_000);
    private final OpenTrial last = Results.canary(5_000, 100, 1_000, 5_000);
    private final Arm good = arm(MANY, 0, MANY_RIGHT, 1_000);

    @Test
    void stepsOnWhenAllIsProven() {
        Judgement judgement = judge(first, Arms.canary(good, good), ALL, Policy.DEFAULT, HELD);

        assertThat(judgement.verdict()).isInstanceOf(Verdict.Step.class);
        assertThat(judgement.verdict().command(first, judgement.figures()))
                .contains(new TrialCommand.Step("m", first.epoch(), judgement.figures()));
        assertThat(judgement.figures())
                .containsEntry("champion.errors", 0.0)
                .containsEntry("challenger.accuracy", 0.95)
                .containsEntry("challenger.results", 20_000.0)
                .containsEntry("workers.acknowledged", 3.0)
                .containsEntry("p99.worse.limit", 1.5)
                .doesNotContainValue(Double.NaN);
    }

    @Test
    void promotesAfterTheLastStep() {
        Judgement judgement = judge(last, Arms.canary(good, good), ALL, Policy.DEFAULT, HELD);

        assertThat(judgement.verdict()).isInstanceOf(Verdict.Promote.class);
        assertThat(judgement.verdict().command(last, judgement.figures()))
                .contains(new TrialCommand.Accept("m", last.epoch(), judgement.figures()));
    }

    @ParameterizedTest
    @EnumSource(
            value = Figure.class,
            names = {"ERRORS", "ACCURACY", "CONFIDENCE", "P50", "P99"})
    void rollsBackAtOnceWhereOneFigureIsBeyondItsLimit(Figure figure) {
        Arm bad =
                switch (figure) {
                    case ERRORS -> arm(900, 100, 855, 1_000);
                    case ACCURACY -> arm(1_000, 0, 700, 1_000);
                    case CONFIDENCE -> Arms.withConfidence(arm(1_000, 0, 950, 1_000), 0.6);
                    case P50 -> arm(1_000, 0, 950, 2_000);
                    case P99 -> Arms.withSlowOnes(arm(2_000, 0, 1_900, 1_000), 200);
                    case AGREEMENT -> throw new AssertionError("no figure of a canary");
                };
        Acknowledged nobody = new Acknowledged(0, 0, null);

        Judgement judgement =
                judge(first, Arms.canary(good, bad), nobody, Policy.DEFAULT, Results.STEPPED.plusSeconds(1));

        assertThat(judgement.verdict()).isInstanceOf(Verdict.RollBack.class);
        assertThat(judgement.verdict().reason())
                .startsWith("version 2 is beyond its limits: ")
                .contains(figure.key() + " ");
        assertThat(judgement.verdict().command(first, judgement.figures()))
                .contains(new TrialCommand.Reject("m", first.epoch(), judgement.figures()));
    }

    @Test
    void judgesADetectorByItsBestBoxesToo() {
        Arm detector = Arms.withLabels(good, 0, 0);
        Arm blind = Arms.withConfidence(detector, 0.1);

        Judgement passed = judge(last, Arms.canary(detector, detector), ALL, Policy.DEFAULT, HELD);
        Judgement findsLess = judge(last, Arms.canary(detector, blind), ALL, Policy.DEFAULT, HELD);

        assertThat(passed.verdict()).isInstanceOf(Verdict.Promote.class);
        assertThat(passed.verdict().reason())
                .contains("errors", "confidence", "p99")
                .doesNotContain("accuracy");
        assertThat(findsLess.verdict().reason()).startsWith("version 2 is beyond its limits: confidence 10.00 %");
    }

    @Test
    void saysThatLabelsCannotComeWhereAnswersHaveNone() throws Exception {
        Arm detector = Arms.withLabels(good, 0, 0);

        Judgement judgement =
                judge(last, Arms.canary(detector, detector), ALL, PolicyTest.parsed("labels: {required: true}"), HELD);

        assertHeld(judgement, Why.LABELS);
        assertThat(judgement.verdict().reason())
                .endsWith(": 0 (expected: 500 of each version; of a model whose answers have a best label)");
    }

    @Test
    void judgesASegmenterOnTrialInTheShadowByWhatItCounts() throws Exception {
        Arm segmenter = Arms.withoutScores(good);
        Evidence alike = new Evidence(segmenter, segmenter, new Pairs(MANY, 0.97 * MANY, 0, 0, 0), 0);
        Evidence different = new Evidence(segmenter, segmenter, new Pairs(MANY, 0.6 * MANY, 0, 0, 0), 0);

        Judgement passed = judge(Results.shadow(), alike, ALL, canaryNext(), HELD);
        Judgement harmed = judge(Results.shadow(), different, ALL, canaryNext(), HELD);

        assertThat(passed.verdict()).isInstanceOf(Verdict.Canary.class);
        assertThat(passed.verdict().reason()).contains("agreement 97.00 %").doesNotContain("confidence");
        assertThat(harmed.verdict().reason()).startsWith("version 2 is beyond its limits: agreement 60.00 %");
    }

    @Test
    void judgesEmbeddingsByErrorsAndTimes() {
        Arm vectors = Arms.withoutContent(good);

        Judgement passed = judge(last, Arms.canary(vectors, vectors), ALL, Policy.DEFAULT, HELD);
        Judgement slower = judge(
                last, Arms.canary(vectors, Arms.withoutContent(arm(MANY, 0, 0, 9_000))), ALL, Policy.DEFAULT, HELD);
        Judgement failing = judge(
                last, Arms.canary(vectors, Arms.withoutContent(arm(900, 100, 0, 1_000))), ALL, Policy.DEFAULT, HELD);

        assertThat(passed.verdict()).isInstanceOf(Verdict.Promote.class);
        assertThat(passed.verdict().reason()).contains("errors", "p99").doesNotContain("confidence", "accuracy");
        assertThat(passed.figures()).doesNotContainKeys("champion.confidence", "champion.accuracy");
        assertThat(slower.verdict()).isInstanceOf(Verdict.RollBack.class);
        assertThat(failing.verdict()).isInstanceOf(Verdict.RollBack.class);
    }

    @Test
    void doesNotAskForTheTimesThatItIsToldNotToCompare() throws Exception {
        Policy careless = PolicyTest.parsed("worse: {p50: 0, p99: 0}");

        Judgement judgement = judge(last, Arms.canary(good, arm(MANY, 0, MANY_RIGHT, 9_000)), ALL, careless, HELD);

        assertThat(judgement.verdict()).isInstanceOf(Verdict.Promote.class);
        assertThat(judgement.figures()).doesNotContainKey("p99.worse.limit").containsKey("errors.worse.limit");
    }

    @Test
    void doesNotTakeAHandfulOfFailuresForHarm() {
        Judgement judgement = judge(first, Arms.canary(good, arm(0, 49, 0, 1_000)), ALL, Policy.DEFAULT, HELD);

        assertHeld(judgement, Why.SAMPLES);
        assertThat(judgement.verdict().reason())
                .isEqualTo("too few results yet: 20,000 of the champion, 49 of the challenger (expected: 500 of each)");
    }

    @Test
    void holdsUntilItsTimeIsOver() {
        Judgement judgement = judge(first, Arms.canary(good, good), ALL, Policy.DEFAULT, HELD.minusMillis(1));

        assertHeld(judgement, Why.TIME);
        assertThat(judgement.verdict().reason()).isEqualTo("the step's time is not over: 1 s to go");
    }

    @Test
    void holdsWhileALiveWorkerDoesNotServeBothVersions() {
        Judgement judgement =
                judge(first, Arms.canary(good, good), new Acknowledged(3, 2, "w3: too large"), Policy.DEFAULT, HELD);

        assertHeld(judgement, Why.WORKERS);
        assertThat(judgement.verdict().reason())
                .isEqualTo("not enough live workers serve both versions: 2 of 3; refused by w3: too large");
        assertHeld(
                judge(first, Arms.canary(good, good), new Acknowledged(0, 0, null), Policy.DEFAULT, HELD), Why.WORKERS);
    }

    @Test
    void goesOnWithTheShareOfWorkersThatThePolicyAsksFor() throws Exception {
        Policy most = PolicyTest.parsed("workers:\n  share: 60\n");

        Judgement judgement = judge(first, Arms.canary(good, good), new Acknowledged(3, 2, null), most, HELD);

        assertThat(judgement.verdict()).isInstanceOf(Verdict.Step.class);
    }

    @Test
    void holdsWhatIsNotProven() {
        Judgement judgement = judge(first, Arms.canary(good, arm(600, 3, 570, 1_000)), ALL, Policy.DEFAULT, HELD);

        assertHeld(judgement, Why.OPEN);
        assertThat(judgement.verdict().reason())
                .contains("errors 0.50 %, the champion's 0.00 % (worse by ", "; allowed: 1.00 points)")
                .doesNotContain("confidence ");
    }

    @Test
    void asksForAccuracyWhereLabelsComeAndForLabelsWhereToldTo() throws Exception {
        Policy demanding = PolicyTest.parsed("labels:\n  required: true\n");
        Evidence unlabelled = Arms.canary(Arms.withLabels(good, 0, 0), Arms.withLabels(good, 0, 0));
        Evidence few = Arms.canary(good, Arms.withLabels(good, 600, 570));

        assertThat(judge(first, unlabelled, ALL, Policy.DEFAULT, HELD).verdict())
                .isInstanceOf(Verdict.Step.class);
        assertHeld(judge(first, unlabelled, ALL, demanding, HELD), Why.LABELS);
        assertHeld(judge(first, few, ALL, Policy.DEFAULT, HELD), Why.OPEN);
        assertHeld(judge(first, few, ALL, demanding, HELD), Why.OPEN);
        assertThat(judge(first, Arms.canary(good, good), ALL, demanding, HELD).verdict())
                .isInstanceOf(Verdict.Step.class);
    }

    @Test
    void endsAStepThatTakesTooLongUnlessItPassesAtLast() {
        Instant late =
                Results.STEPPED.plus(first.hold()).plus(Duration.ofDays(1)).plusSeconds(1);

        Judgement unproven = judge(first, Arms.canary(good, arm(600, 3, 570, 1_000)), ALL, Policy.DEFAULT, late);
        assertThat(unproven.verdict()).isInstanceOf(Verdict.RollBack.class);
        assertThat(unproven.verdict().reason())
                .startsWith("the step was not passed within 86400 s after its hold: not all limits are proven");
        assertThat(judge(first, Arms.canary(good, good), ALL, Policy.DEFAULT, late)
                        .verdict())
                .isInstanceOf(Verdict.Step.class);
    }

    @Test
    void leavesAPausedTrialAloneWhateverIsSeen() {
        OpenTrial paused = paused(first);
        Instant late = Results.STEPPED.plus(Duration.ofDays(9));

        for (Arm challenger : List.of(good, arm(0, 1_000, 0, 1_000))) {
            Judgement judgement = judge(paused, Arms.canary(good, challenger), ALL, Policy.DEFAULT, late);
            assertHeld(judgement, Why.PAUSED);
            assertThat(judgement.verdict().command(paused, judgement.figures())).isEmpty();
        }
    }

    @Test
    void leavesAKindOfTrialAloneThatItDoesNotKnow() {
        OpenTrial unknown = new OpenTrial(
                "m",
                1,
                2,
                dev.millrace.schemas.TrialKind.UNKNOWN,
                0,
                List.of(),
                Duration.ZERO,
                Results.STEPPED,
                false,
                40);

        assertHeld(judge(unknown, Arms.canary(good, arm(0, 900, 0, 1)), ALL, Policy.DEFAULT, HELD), Why.UNKNOWN);
    }

    @Test
    void onlyReportsAShadowUnlessThePolicySaysOtherwise() throws Exception {
        OpenTrial shadow = Results.shadow();
        Policy promoting = PolicyTest.parsed("shadow:\n  then: promote\n");
        Evidence agreeing = new Evidence(good, good, new Pairs(MANY, 19_800, MANY, 10, 10), 0);
        Evidence differing = new Evidence(good, good, new Pairs(MANY, 10_000, MANY, 10, 10), 0);
        Evidence wrong = new Evidence(good, good, new Pairs(1_000, 950, 1_000, 200, 0), 0);
        Instant late = Results.STEPPED.plus(Duration.ofDays(9));

        assertHeld(judge(shadow, agreeing, ALL, Policy.DEFAULT, late), Why.REPORTED);
        assertHeld(judge(shadow, differing, ALL, Policy.DEFAULT, late), Why.REPORTED_HARM);
        assertThat(judge(shadow, agreeing, ALL, promoting, HELD).verdict()).isInstanceOf(Verdict.Promote.class);
        assertThat(judge(shadow, differing, ALL, promoting, HELD).verdict().reason())
                .startsWith("version 2 is beyond its limits: agreement 50.00 % (worse by ");
        assertThat(judge(shadow, wrong, ALL, promoting, HELD).verdict().reason())
                .startsWith("version 2 is beyond its limits: accuracy ");
    }

    @Test
    void letsAShadowThatPassesAnswerASmallShareWhereThePolicySaysSo() throws Exception {
        OpenTrial shadow = Results.shadow();

        Judgement judgement = judge(shadow, both(good, MANY_AGREED), ALL, canaryNext(), HELD);

        assertThat(judgement.verdict()).isInstanceOf(Verdict.Canary.class);
        assertThat(judgement.verdict().reason()).startsWith("version 2 keeps all limits: errors 0.00 %");
        assertThat(judgement.verdict().action()).isEqualTo(RolloutAction.CANARY_BEGUN);
        assertThat(judgement.verdict().command(shadow, judgement.figures()))
                .contains(new TrialCommand.Admit(
                        "m", shadow.epoch(), List.of(200, 2_000), Duration.ofSeconds(90), judgement.figures()));
    }

    @Test
    void leavesAShadowAShadowUntilAllIsProven() throws Exception {
        OpenTrial shadow = Results.shadow();
        Policy policy = canaryNext();
        Arm few = arm(499, 0, 474, 1_000);

        assertHeld(judge(shadow, both(few, 490), ALL, policy, HELD), Why.SAMPLES);
        assertHeld(judge(shadow, both(good, MANY_AGREED), ALL, policy, HELD.minusMillis(1)), Why.TIME);
        assertHeld(judge(shadow, both(good, MANY_AGREED), new Acknowledged(3, 2, null), policy, HELD), Why.WORKERS);
        assertHeld(judge(paused(shadow), both(good, MANY_AGREED), ALL, policy, HELD), Why.PAUSED);
        assertHeld(judge(shadow, both(good, MANY * 90 / 100), ALL, policy, HELD), Why.OPEN);
    }

    @Test
    void endsAShadowThatIsBeyondALimitOrTakesTooLongWhereACanaryWasToFollow() throws Exception {
        OpenTrial shadow = Results.shadow();
        Instant late = HELD.plus(Duration.ofDays(1)).plusSeconds(1);

        Judgement differing = judge(shadow, both(good, MANY / 2), ALL, canaryNext(), HELD);
        Judgement unproven = judge(shadow, both(good, MANY * 90 / 100), ALL, canaryNext(), late);

        assertThat(differing.verdict()).isInstanceOf(Verdict.RollBack.class);
        assertThat(differing.verdict().reason())
                .startsWith("version 2 is beyond its limits: agreement 50.00 % (worse by ");
        assertThat(unproven.verdict()).isInstanceOf(Verdict.RollBack.class);
        assertThat(unproven.verdict().reason()).startsWith("the step was not passed within 86400 s after its hold");
    }

    @Test
    void takesACanaryThroughItsOwnStepsWhateverFollowsAShadow() throws Exception {
        assertThat(judge(first, Arms.canary(good, good), ALL, canaryNext(), HELD)
                        .verdict())
                .isInstanceOf(Verdict.Step.class);
        assertThat(judge(last, Arms.canary(good, good), ALL, canaryNext(), HELD).verdict())
                .isInstanceOf(Verdict.Promote.class);
    }

    private static Policy canaryNext() throws IOException {
        return PolicyTest.parsed("shadow: {then: canary, steps: [2%, 20%], hold_s: 90}");
    }

    /** What champion and shadow answered to the same requests, with the same label that often. */
    private Evidence both(Arm shadow, int agreed) {
        return new Evidence(good, shadow, new Pairs(shadow.results(), agreed, shadow.labelled(), 10, 10), 0);
    }

    /** With 100 labels that only the champion got right and 100 that only the challenger did, the two are equal. */
    @Test
    void countsOfAShadowsLabelsOnlyThoseThatOneVersionGotRight() {
        Arm coin = Arms.withLabels(good, MANY, MANY / 2);
        Evidence even = new Evidence(good, coin, new Pairs(MANY, 19_800, MANY, 100, 100), 0);

        Judgement judgement = judge(Results.shadow(), even, ALL, Policy.DEFAULT, HELD);

        Comparison accuracy = judgement.comparisons().stream()
                .filter(comparison -> comparison.figure() == Figure.ACCURACY)
                .findFirst()
                .orElseThrow();
        assertThat(accuracy.finding()).isEqualTo(Comparison.Finding.FINE);
        assertThat(accuracy.worse().high()).isBetween(0.002, 0.006);
        assertThat(accuracy.worse().low()).isEqualTo(-accuracy.worse().high());
    }

    private static Judgement judge(OpenTrial trial, Evidence seen, Acknowledged workers, Policy policy, Instant now) {
        return Judgement.of(trial, seen, workers, policy, now);
    }

    private static OpenTrial paused(OpenTrial trial) {
        return new OpenTrial(
                trial.model(),
                trial.champion(),
                trial.challenger(),
                trial.kind(),
                trial.share(),
                trial.steps(),
                trial.hold(),
                trial.steppedAt(),
                true,
                trial.epoch());
    }

    private static void assertHeld(Judgement judgement, Why why) {
        assertThat(judgement.verdict()).isInstanceOfSatisfying(Hold.class, hold -> assertThat(hold.why())
                .as(hold.reason())
                .isEqualTo(why));
    }
}
