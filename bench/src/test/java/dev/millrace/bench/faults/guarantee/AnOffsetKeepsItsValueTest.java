package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.history.Answer;
import dev.millrace.bench.faults.history.Event.Answered;
import dev.millrace.bench.faults.history.Position;
import dev.millrace.worker.delivery.DeliveryMode;
import org.junit.jupiter.api.Test;

class AnOffsetKeepsItsValueTest {
    private final HandMadeHistory history = new HandMadeHistory();
    private final AnOffsetKeepsItsValue guarantee = new AnOffsetKeepsItsValue();

    @Test
    void holdsWhereASecondReaderSeesTheSame() {
        history.request(0, 10);
        history.answer(0, 10, 100);
        history.reread(100, 100);
        history.assertKeeps(guarantee, DeliveryMode.EXACTLY_ONCE);
    }

    @Test
    void findsARecordThatChangedOrCameLater() {
        history.request(0, 10);
        history.answer(0, 10, 100);
        history.reread(100, 123);
        history.reread(101, 101);
        history.assertBreaks(
                guarantee,
                DeliveryMode.EXACTLY_ONCE,
                "results-0@100 has another value now",
                "results-0@101 is there now, but was never read before");
    }

    @Test
    void findsTwoValuesThatOneReaderSaw() {
        history.request(0, 10);
        history.answer(0, 10, 100);
        Position at = new Position("results", 0, 100);
        history.add(new Answered(
                0,
                new Answer(
                        at, 123, false, 0, 10, "id-0-10", HandMadeHistory.BOOT, HandMadeHistory.FIRST, "worker-1/0")));
        history.assertBreaks(guarantee, DeliveryMode.AT_LEAST_ONCE, "results-0@100 was read with two values");
    }
}
