package dev.millrace.bench.faults.guarantee;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.worker.delivery.DeliveryMode;
import org.junit.jupiter.api.Test;

class AnswersOfAPartitionKeepTheirOrderTest {
    private final HandMadeHistory history = new HandMadeHistory();
    private final AnswersOfAPartitionKeepTheirOrder guarantee = new AnswersOfAPartitionKeepTheirOrder();

    @Test
    void findsFirstAnswersOutOfOrderWhereThereIsAnOrder() {
        history.request(0, 10);
        history.request(0, 11);
        history.answer(0, 11, 100);
        history.answer(0, 10, 101);
        history.assertBreaks(
                guarantee,
                DeliveryMode.AT_LEAST_ONCE,
                "0 to results-0: request 0@10 was first answered after request 0@11");
        assertThat(history.check(DeliveryMode.QUEUE).violations()).isEmpty();
    }

    @Test
    void takesARepetitionForNoDisorder() {
        history.request(0, 10);
        history.request(0, 11);
        history.answer(0, 10, 100);
        history.answer(0, 11, 101);
        history.answer(0, 10, 102);
        history.assertKeeps(guarantee, DeliveryMode.AT_LEAST_ONCE);
    }

    @Test
    void goesByTheLogAndNotByTheReader() {
        history.request(0, 10);
        history.request(0, 11);
        history.answer(0, 11, 101);
        history.answer(0, 10, 100);
        history.assertKeeps(guarantee, DeliveryMode.AT_LEAST_ONCE);
    }
}
