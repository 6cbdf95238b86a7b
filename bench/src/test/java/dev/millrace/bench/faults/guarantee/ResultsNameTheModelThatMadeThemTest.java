package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.history.Answer.ServedBy;
import dev.millrace.worker.delivery.DeliveryMode;
import org.junit.jupiter.api.Test;

class ResultsNameTheModelThatMadeThemTest {
    private final HandMadeHistory history = new HandMadeHistory();
    private final ResultsNameTheModelThatMadeThem guarantee = new ResultsNameTheModelThatMadeThem();

    @Test
    void findsAModelThatWasNeverPublished() {
        history.request(0, 10);
        history.answer(0, 0, 10, 100, "id-0-10", HandMadeHistory.BOOT, new ServedBy(1, "cc"));
        history.assertBreaks(guarantee, DeliveryMode.AT_LEAST_ONCE, "sha256=cc], never published");
    }

    @Test
    void holdsForPublishedOnesAndForDeadLettersWithoutModel() {
        history.request(0, 10);
        history.request(0, 11);
        history.answer(0, 0, 10, 100, "id-0-10", HandMadeHistory.BOOT, HandMadeHistory.SECOND);
        history.letter(0, 11, 5);
        history.assertKeeps(guarantee, DeliveryMode.AT_LEAST_ONCE);
    }
}
