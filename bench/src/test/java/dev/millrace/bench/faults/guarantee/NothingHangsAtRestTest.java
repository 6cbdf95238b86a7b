package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.history.Event.AtRest;
import dev.millrace.worker.delivery.DeliveryMode;
import java.util.List;
import org.junit.jupiter.api.Test;

class NothingHangsAtRestTest {
    private final HandMadeHistory history = new HandMadeHistory();
    private final NothingHangsAtRest guarantee = new NothingHangsAtRest();

    @Test
    void findsWhatHangs() {
        history.add(new AtRest(0, List.of("results-0: 3 of 5"), List.of("group-worker-0")));
        history.assertBreaks(
                guarantee,
                DeliveryMode.EXACTLY_ONCE,
                "last stable offset below the high watermark: [results-0: 3 of 5]",
                "open transactions: [group-worker-0]");
    }

    @Test
    void holdsWhereNothingIsOpen() {
        history.add(new AtRest(0, List.of(), List.of()));
        history.assertKeeps(guarantee, DeliveryMode.EXACTLY_ONCE);
    }
}
