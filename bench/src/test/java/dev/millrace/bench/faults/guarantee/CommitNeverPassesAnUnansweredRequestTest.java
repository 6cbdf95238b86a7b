package dev.millrace.bench.faults.guarantee;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.bench.faults.history.Event.Committed;
import dev.millrace.worker.delivery.DeliveryMode;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CommitNeverPassesAnUnansweredRequestTest {
    private final HandMadeHistory history = new HandMadeHistory();
    private final CommitNeverPassesAnUnansweredRequest guarantee = new CommitNeverPassesAnUnansweredRequest();

    @BeforeEach
    void twoRequestsThatAreAnsweredInTheEnd() {
        history.request(0, 10);
        history.request(0, 11);
        history.answer(0, 10, 100);
        history.answer(0, 11, 101);
    }

    @Test
    void findsACommitAheadOfItsAnswers() {
        committed(0, 12, 102);
        history.assertKeeps(guarantee, DeliveryMode.AT_LEAST_ONCE);
        committed(0, 12, 101);
        history.assertBreaks(guarantee, DeliveryMode.AT_LEAST_ONCE, "0@11");
    }

    @Test
    void tellsOnceOfARequestThatWasAnsweredAfterItsCommit() {
        committed(5_000, 11, 101);
        committed(7_000, 12, 101);
        committed(8_000, 12, 101);
        committed(9_000, 12, 102);
        history.assertBreaks(
                guarantee,
                DeliveryMode.EXACTLY_ONCE,
                "partition 0 was committed to 12 after 7 ms, before request 0@11 was answered");
    }

    @Test
    void letsACommitStayBehindAndGoBack() {
        committed(0, 11, 102);
        committed(0, 10, 102);
        committed(0, 12, 102);
        history.assertKeeps(guarantee, DeliveryMode.AT_LEAST_ONCE);
    }

    @Test
    void isNotPromisedOfAQueue() {
        committed(0, 12, 100);
        history.assertBreaks(guarantee, DeliveryMode.AT_LEAST_ONCE, "0@10", "0@11");
        assertThat(history.check(DeliveryMode.QUEUE).violations()).isEmpty();
    }

    private void committed(long micros, long offset, long end) {
        history.add(new Committed(micros, Map.of(0, offset), Map.of("results-0", end)));
    }
}
