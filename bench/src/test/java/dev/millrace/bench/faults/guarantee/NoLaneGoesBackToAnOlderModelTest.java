package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.history.Answer.ServedBy;
import dev.millrace.worker.delivery.DeliveryMode;
import org.junit.jupiter.api.Test;

class NoLaneGoesBackToAnOlderModelTest {
    private final HandMadeHistory history = new HandMadeHistory();
    private final NoLaneGoesBackToAnOlderModel guarantee = new NoLaneGoesBackToAnOlderModel();

    @Test
    void findsALaneThatGoesBack() {
        answer(10, 100, HandMadeHistory.SECOND);
        answer(11, 101, HandMadeHistory.FIRST);
        history.assertBreaks(guarantee, DeliveryMode.AT_LEAST_ONCE, "results-0@101 is by version 1 after version 2");
    }

    @Test
    void letsALaneGoOnToANewerOne() {
        answer(10, 100, HandMadeHistory.FIRST);
        answer(11, 101, HandMadeHistory.SECOND);
        answer(12, 102, HandMadeHistory.SECOND);
        history.assertKeeps(guarantee, DeliveryMode.AT_LEAST_ONCE);
    }

    private void answer(long offset, long at, ServedBy model) {
        history.request(0, offset);
        history.answer(0, 0, offset, at, HandMadeHistory.id(0, offset), HandMadeHistory.BOOT, model);
    }
}
