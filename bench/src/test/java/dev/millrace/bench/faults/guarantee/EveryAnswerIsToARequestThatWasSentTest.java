package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.history.Event.Abandoned;
import dev.millrace.bench.faults.history.Event.Opened;
import dev.millrace.bench.faults.history.Event.Sent;
import dev.millrace.worker.delivery.DeliveryMode;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EveryAnswerIsToARequestThatWasSentTest {
    private final HandMadeHistory history = new HandMadeHistory();
    private final EveryAnswerIsToARequestThatWasSent guarantee = new EveryAnswerIsToARequestThatWasSent();

    @Test
    void findsAnAnswerThatNobodyAskedFor() {
        history.request(0, 10);
        history.answer(0, 10, 100);
        history.answer(0, 77, 101);
        history.assertBreaks(
                guarantee,
                DeliveryMode.AT_LEAST_ONCE,
                "results-0@101 answers request 0@77 as id-0-77 (expected: a request that was sent)");
    }

    @Test
    void findsAnAnswerUnderAnotherRequestsId() {
        history.request(0, 10);
        history.answer(0, 0, 10, 100, "id-0-99", HandMadeHistory.BOOT, HandMadeHistory.FIRST);
        history.assertBreaks(guarantee, DeliveryMode.AT_LEAST_ONCE, "as id-0-99 (expected: id-0-10)");
    }

    @Test
    void findsADeadLetterOfNoRequest() {
        history.letter(0, 10, 5);
        history.assertBreaks(guarantee, DeliveryMode.AT_LEAST_ONCE, "dlq.requests-0@5 answers request 0@10 as null");
    }

    @Test
    void findsADeadLetterThatDoesNotSayWhatItAnswers() {
        history.add(new Opened(0, Map.of(0, 50L)));
        history.letter(-1, -1, 5);
        history.letter(0, -1, 6);
        history.assertBreaks(
                guarantee, DeliveryMode.AT_LEAST_ONCE, "5 answers request -1@-1", "6 answers request 0@-1");
    }

    @Test
    void letsARequestThatWasGivenUpHaveArrived() {
        history.add(new Sent(0, "id-0-10"));
        history.add(new Abandoned(1, "id-0-10", "timeout"));
        history.answer(0, 10, 100);
        history.assertKeeps(guarantee, DeliveryMode.EXACTLY_ONCE);
    }
}
