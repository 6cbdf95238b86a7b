package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.history.Event.Accepted;
import dev.millrace.bench.faults.history.Event.Sent;
import dev.millrace.worker.delivery.DeliveryMode;
import org.junit.jupiter.api.Test;

class LabelsAreThoseOfTheModelTest {
    private final HandMadeHistory history = new HandMadeHistory();
    private final LabelsAreThoseOfTheModel guarantee = new LabelsAreThoseOfTheModel();

    @Test
    void findsAWrongLabel() {
        history.request(0, 10);
        history.answer(0, 0, 10, 100, "id-0-10", HandMadeHistory.BOOT + 1, HandMadeHistory.FIRST);
        history.assertBreaks(guarantee, DeliveryMode.AT_LEAST_ONCE, "results-0@100 says class 10 (expected: 9)");
    }

    @Test
    void holdsForRightOnesAndForDeadLettersWithoutLabel() {
        history.request(0, 10);
        history.request(0, 11);
        history.answer(0, 10, 100);
        history.letter(0, 11, 5);
        history.assertKeeps(guarantee, DeliveryMode.AT_LEAST_ONCE);
    }

    @Test
    void asksNothingOfAnImageWhoseLabelNobodyKnows() {
        history.add(new Sent(0, "id-0-10"));
        history.add(new Accepted(0, "id-0-10", 0, 10, -1));
        history.answer(0, 0, 10, 100, "id-0-10", HandMadeHistory.BOOT + 1, HandMadeHistory.FIRST);
        history.assertKeeps(guarantee, DeliveryMode.AT_LEAST_ONCE);
    }
}
