package dev.millrace.bench.faults.guarantee;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.worker.delivery.DeliveryMode;
import org.junit.jupiter.api.Test;

class EveryRequestIsAnsweredTest {
    private final HandMadeHistory history = new HandMadeHistory();
    private final EveryRequestIsAnswered guarantee = new EveryRequestIsAnswered();

    @Test
    void findsARequestWithoutAnswer() {
        history.request(0, 10);
        history.request(0, 11);
        history.answer(0, 11, 100);
        history.assertBreaks(guarantee, DeliveryMode.AT_LEAST_ONCE, "request 0@10 id-0-10 has no answer");
        assertThat(history.check(DeliveryMode.AT_LEAST_ONCE).lost()).isOne();
    }

    @Test
    void holdsWhereEachHasOne() {
        history.request(0, 10);
        history.request(1, 10);
        history.answer(0, 10, 100);
        history.answer(1, 10, 100);
        history.assertKeeps(guarantee, DeliveryMode.AT_LEAST_ONCE);
        assertThat(history.check(DeliveryMode.AT_LEAST_ONCE).lost()).isZero();
    }

    @Test
    void takesADeadLetterForAnAnswer() {
        history.request(0, 10);
        history.letter(0, 10, 5);
        history.assertKeeps(guarantee, DeliveryMode.EXACTLY_ONCE);
    }
}
