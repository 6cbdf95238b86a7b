package dev.millrace.bench.faults.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.bench.faults.history.Answer.ServedBy;
import dev.millrace.bench.faults.history.Checker.Expectations;
import dev.millrace.bench.faults.history.Event.Abandoned;
import dev.millrace.bench.faults.history.Event.Accepted;
import dev.millrace.bench.faults.history.Event.Answered;
import dev.millrace.bench.faults.history.Event.AtRest;
import dev.millrace.bench.faults.history.Event.Committed;
import dev.millrace.bench.faults.history.Event.Nemesis;
import dev.millrace.bench.faults.history.Event.Opened;
import dev.millrace.bench.faults.history.Event.Reread;
import dev.millrace.bench.faults.history.Event.Sent;
import dev.millrace.bench.faults.history.Verdict.Invariant;
import dev.millrace.worker.delivery.DeliveryMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Histories by hand: a good one, and each invariant broken once. No threads, no clock, no broker. */
class CheckerTest {
    private static final ServedBy FIRST = new ServedBy(1, "aa");
    private static final ServedBy SECOND = new ServedBy(2, "bb");
    private static final int BOOT = 9;

    private final List<Event> history = new ArrayList<>();

    @Test
    void findsNothingInAHistoryWithoutFault() {
        request(0, 10);
        request(0, 11);
        answer(0, 10, 100);
        answer(0, 11, 101);
        reread(100);
        reread(101);
        assertThat(check(DeliveryMode.EXACTLY_ONCE)).isEqualTo(new Verdict(2, 0, 0, 0, List.of()));
    }

    @Test
    void countsARequestWithoutAnswerAsLost() {
        request(0, 10);
        request(0, 11);
        answer(0, 11, 100);
        Verdict verdict = check(DeliveryMode.AT_LEAST_ONCE);
        assertThat(verdict.lost()).isOne();
        assertViolated(verdict, Invariant.NOTHING_LOST, "request 0@10 id-0-10");
    }

    @Test
    void takesADeadLetterForAnAnswer() {
        request(0, 10);
        letter(0, 10, 5);
        assertThat(check(DeliveryMode.EXACTLY_ONCE).violations()).isEmpty();
    }

    @Test
    void takesAResultAndItsDeadLetterForOneAnswer() {
        request(0, 10);
        answer(0, 10, 100);
        letter(0, 10, 5);
        assertThat(check(DeliveryMode.EXACTLY_ONCE).duplicated()).isZero();
    }

    @Test
    void forbidsADuplicateInExactlyOnceAlone() {
        request(0, 10);
        answer(0, 10, 100);
        answer(0, 10, 101);
        assertViolated(check(DeliveryMode.EXACTLY_ONCE), Invariant.NO_FORBIDDEN_DUPLICATE, "0@10");
        Verdict tolerant = check(DeliveryMode.AT_LEAST_ONCE);
        assertThat(tolerant.duplicated()).isOne();
        assertThat(tolerant.violations()).isEmpty();
    }

    @Test
    void countsAnAnswerToARequestOfAnEarlierRunAsADuplicate() {
        history.add(new Opened(0, Map.of(0, 50L)));
        request(0, 50);
        answer(0, 50, 101);
        answer(0, 10, 100);
        assertViolated(check(DeliveryMode.EXACTLY_ONCE), Invariant.NO_FORBIDDEN_DUPLICATE, "earlier run");
    }

    @Test
    void findsAnAnswerThatNobodyAskedFor() {
        request(0, 10);
        answer(0, 10, 100);
        answer(0, 77, 101);
        assertViolated(check(DeliveryMode.AT_LEAST_ONCE), Invariant.NO_PHANTOM, "0@77");
    }

    @Test
    void findsAnAnswerUnderAnotherRequestsId() {
        request(0, 10);
        history.add(answered(0, new Position("results", 0, 100), 0, 10, "id-0-99", BOOT, FIRST));
        assertViolated(check(DeliveryMode.AT_LEAST_ONCE), Invariant.NO_PHANTOM, "id-0-99");
    }

    @Test
    void letsARequestThatWasGivenUpHaveArrived() {
        history.add(new Sent(0, "id-0-10"));
        history.add(new Abandoned(1, "id-0-10", "timeout"));
        answer(0, 10, 100);
        assertThat(check(DeliveryMode.EXACTLY_ONCE).violations()).isEmpty();
    }

    @Test
    void findsARecordThatChangedOrCameLater() {
        request(0, 10);
        answer(0, 10, 100);
        history.add(new Reread(0, new Position("results", 0, 100), 123));
        reread(101);
        assertThat(check(DeliveryMode.EXACTLY_ONCE).violations())
                .extracting(Verdict.Violation::invariant)
                .containsExactly(Invariant.ONE_VALUE_PER_OFFSET, Invariant.ONE_VALUE_PER_OFFSET);
    }

    @Test
    void findsACommitAheadOfItsAnswers() {
        request(0, 10);
        request(0, 11);
        answer(0, 10, 100);
        answer(0, 11, 101);
        history.add(new Committed(0, Map.of(0, 12L), Map.of("results-0", 102L)));
        assertThat(check(DeliveryMode.AT_LEAST_ONCE).violations()).isEmpty();
        history.add(new Committed(0, Map.of(0, 12L), Map.of("results-0", 101L)));
        assertViolated(check(DeliveryMode.AT_LEAST_ONCE), Invariant.COMMITS_FOLLOW_ANSWERS, "0@11");
    }

    @Test
    void findsFirstAnswersOutOfOrderWhereThereIsAnOrder() {
        request(0, 10);
        request(0, 11);
        answer(0, 11, 100);
        answer(0, 10, 101);
        assertViolated(check(DeliveryMode.AT_LEAST_ONCE), Invariant.ORDER_PER_PARTITION, "0@10");
        assertThat(check(DeliveryMode.QUEUE).violations()).isEmpty();
    }

    @Test
    void takesARepetitionForNoDisorder() {
        request(0, 10);
        request(0, 11);
        answer(0, 10, 100);
        answer(0, 11, 101);
        answer(0, 10, 102);
        assertThat(check(DeliveryMode.AT_LEAST_ONCE).violations()).isEmpty();
    }

    @Test
    void findsAModelThatWasNeverPublished() {
        request(0, 10);
        history.add(answered(0, new Position("results", 0, 100), 0, 10, "id-0-10", BOOT, new ServedBy(1, "cc")));
        assertViolated(check(DeliveryMode.AT_LEAST_ONCE), Invariant.ONE_MODEL_AT_A_TIME, "never published");
    }

    @Test
    void findsALaneThatGoesBackToAnOlderModel() {
        request(0, 10);
        request(0, 11);
        history.add(answered(0, new Position("results", 0, 100), 0, 10, "id-0-10", BOOT, SECOND));
        history.add(answered(0, new Position("results", 0, 101), 0, 11, "id-0-11", BOOT, FIRST));
        assertViolated(check(DeliveryMode.AT_LEAST_ONCE), Invariant.ONE_MODEL_AT_A_TIME, "version 1 after version 2");
    }

    @Test
    void findsAWrongLabel() {
        request(0, 10);
        history.add(answered(0, new Position("results", 0, 100), 0, 10, "id-0-10", BOOT + 1, FIRST));
        assertViolated(check(DeliveryMode.AT_LEAST_ONCE), Invariant.RIGHT_LABEL, "class 10 (expected: 9)");
    }

    @Test
    void findsWhatHangsAtRest() {
        history.add(new AtRest(0, List.of("results-0: 3 of 5"), List.of("group-worker-0")));
        assertThat(check(DeliveryMode.EXACTLY_ONCE).violations())
                .extracting(Verdict.Violation::invariant)
                .containsExactly(Invariant.NOTHING_HANGS, Invariant.NOTHING_HANGS);
    }

    @Test
    void measuresRecoveryFromTheHealingToTheLastFirstAnswer() {
        request(0, 10);
        request(0, 11);
        history.add(new Nemesis(5_000, Nemesis.HEAL, null));
        history.add(answered(3_000, new Position("results", 0, 100), 0, 10, "id-0-10", BOOT, FIRST));
        history.add(answered(25_000, new Position("results", 0, 101), 0, 11, "id-0-11", BOOT, FIRST));
        history.add(answered(90_000, new Position("results", 0, 102), 0, 11, "id-0-11", BOOT, FIRST));
        assertThat(check(DeliveryMode.AT_LEAST_ONCE).recoveryMillis()).isEqualTo(20);
    }

    @Test
    void tellsOnlyTheFirstFewOfManyViolations() {
        for (int offset = 0; offset < 100; offset++) {
            request(0, offset);
        }
        Verdict verdict = check(DeliveryMode.AT_LEAST_ONCE);
        assertThat(verdict.lost()).isEqualTo(100);
        assertThat(verdict.violations()).hasSize(5);
    }

    private void request(int partition, long offset) {
        String id = "id-" + partition + "-" + offset;
        history.add(new Sent(0, id));
        history.add(new Accepted(0, id, partition, offset, 0));
    }

    private void answer(int partition, long offset, long at) {
        history.add(answered(
                0,
                new Position("results", partition, at),
                partition,
                offset,
                "id-" + partition + "-" + offset,
                BOOT,
                FIRST));
    }

    private void letter(int partition, long offset, long at) {
        Position position = new Position("dlq.requests", partition, at);
        history.add(new Answered(0, new Answer(position, at, true, partition, offset, null, null, null, "worker-1")));
    }

    private static Answered answered(
            long micros, Position at, int partition, long offset, String id, int label, @Nullable ServedBy model) {
        return new Answered(
                micros, new Answer(at, at.offset(), false, partition, offset, id, label, model, "worker-1/0"));
    }

    private void reread(long at) {
        history.add(new Reread(0, new Position("results", 0, at), at));
    }

    private Verdict check(DeliveryMode mode) {
        int allowed = mode == DeliveryMode.EXACTLY_ONCE ? 0 : Integer.MAX_VALUE;
        return Checker.check(history, new Expectations(mode, allowed, Map.of(0, BOOT), Set.of(FIRST, SECOND)));
    }

    private static void assertViolated(Verdict verdict, Invariant invariant, String what) {
        assertThat(verdict.violations()).singleElement().satisfies(violation -> {
            assertThat(violation.invariant()).isEqualTo(invariant);
            assertThat(violation.what()).contains(what);
        });
    }
}
