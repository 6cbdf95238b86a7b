package dev.millrace.bench.faults.guarantee;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.bench.faults.history.Event.Opened;
import dev.millrace.worker.delivery.DeliveryMode;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NoRequestIsAnsweredTwiceTest {
    private final HandMadeHistory history = new HandMadeHistory();
    private final NoRequestIsAnsweredTwice guarantee = new NoRequestIsAnsweredTwice();

    @Test
    void forbidsADuplicateInExactlyOnceAlone() {
        history.request(0, 10);
        history.answer(0, 10, 100);
        history.answer(0, 10, 101);
        history.assertBreaks(
                guarantee,
                DeliveryMode.EXACTLY_ONCE,
                "1 duplicates (expected: at most 0), of which 0 of requests of an earlier run; first: request 0@10 by"
                        + " [worker-1/0 at results-0@100, worker-1/0 at results-0@101]");
        history.assertKeeps(guarantee, DeliveryMode.AT_LEAST_ONCE);
        assertThat(history.check(DeliveryMode.AT_LEAST_ONCE).duplicated()).isOne();
    }

    @Test
    void takesAResultAndItsDeadLetterForOneAnswer() {
        history.request(0, 10);
        history.answer(0, 10, 100);
        history.letter(0, 10, 5);
        history.assertKeeps(guarantee, DeliveryMode.EXACTLY_ONCE);
        assertThat(history.check(DeliveryMode.EXACTLY_ONCE).duplicated()).isZero();
    }

    @Test
    void findsTwoDeadLettersOfOneRequest() {
        history.request(0, 10);
        history.letter(0, 10, 5);
        history.letter(0, 10, 6);
        history.assertBreaks(guarantee, DeliveryMode.EXACTLY_ONCE, "first: request 0@10");
    }

    @Test
    void namesTheOneThatWasRepeatedAndNotOneWithADeadLetterBesideIt() {
        history.request(0, 10);
        history.request(0, 11);
        history.answer(0, 10, 100);
        history.letter(0, 10, 5);
        history.answer(0, 11, 101);
        history.answer(0, 11, 102);
        history.assertBreaks(guarantee, DeliveryMode.EXACTLY_ONCE, "first: request 0@11");
    }

    @Test
    void countsAnAnswerToARequestOfAnEarlierRunAsADuplicate() {
        history.add(new Opened(0, Map.of(0, 50L)));
        history.request(0, 50);
        history.answer(0, 50, 101);
        history.answer(0, 10, 100);
        history.assertBreaks(guarantee, DeliveryMode.EXACTLY_ONCE, "1 of requests of an earlier run; first: none");
    }
}
