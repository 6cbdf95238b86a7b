package dev.millrace.bench.faults.guarantee;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.bench.faults.history.Verdict;
import dev.millrace.bench.faults.history.Verdict.Invariant;
import dev.millrace.worker.delivery.DeliveryMode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The verdict on the whole; each guarantee has a test of its own. */
class CheckerTest {
    private final HandMadeHistory history = new HandMadeHistory();

    @Test
    void findsNothingInAHistoryWithoutFault() {
        history.request(0, 10);
        history.request(0, 11);
        history.answer(0, 10, 100);
        history.answer(0, 11, 101);
        history.reread(100, 100);
        history.reread(101, 101);
        assertThat(history.check(DeliveryMode.EXACTLY_ONCE)).isEqualTo(new Verdict(2, 0, 0, 0, List.of()));
    }

    @Test
    void tellsOnlyTheFirstFewOfManyViolations() {
        for (int offset = 0; offset < 100; offset++) {
            history.request(0, offset);
        }
        Verdict verdict = history.check(DeliveryMode.AT_LEAST_ONCE);
        assertThat(verdict.lost()).isEqualTo(100);
        assertThat(verdict.violations()).hasSize(5);
    }

    @Test
    void hasAGuaranteeForEveryInvariantOfAHistory() {
        List<Invariant> ofHistories = new ArrayList<>(List.of(Invariant.values()));
        ofHistories.removeAll(List.of(Invariant.AS_THE_FAULT_DEMANDS, Invariant.RUN_TO_ITS_END));
        assertThat(Checker.GUARANTEES.stream().map(Guarantee::invariant).distinct())
                .containsExactlyElementsOf(ofHistories);
    }
}
