package dev.millrace.bench.faults.guarantee;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.bench.faults.history.Event.Nemesis;
import dev.millrace.worker.delivery.DeliveryMode;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RecoveryIsBoundedTest {
    private final HandMadeHistory history = new HandMadeHistory();
    private final RecoveryIsBounded guarantee = new RecoveryIsBounded();

    private static final long LIMIT = TimeUnit.NANOSECONDS.toMicros(RecoveryIsBounded.LIMIT.toNanos());

    @Test
    void measuresFromTheRepairToTheLastFirstAnswer() {
        history.request(0, 10);
        history.request(0, 11);
        repair(5_000);
        history.answer(3_000, 0, 10, 100);
        history.answer(25_000, 0, 11, 101);
        history.answer(90_000, 0, 11, 102);
        assertThat(recoveryMillis()).isEqualTo(20);
        history.assertKeeps(guarantee, DeliveryMode.AT_LEAST_ONCE);
    }

    @Test
    void measuresFromTheSendingOfWhatWasSentAfterTheRepair() {
        repair(5_000);
        history.request(2 * LIMIT, 0, 10);
        history.answer(2 * LIMIT + 7_000, 0, 10, 100);
        assertThat(recoveryMillis()).isEqualTo(7);
        history.assertKeeps(guarantee, DeliveryMode.AT_LEAST_ONCE);
    }

    @Test
    void findsAnAnswerThatTookLonger() {
        history.request(0, 10);
        repair(5_000);
        history.answer(5_000 + LIMIT, 0, 10, 100);
        history.assertKeeps(guarantee, DeliveryMode.QUEUE);
        history.request(0, 11);
        history.answer(6_000 + LIMIT, 0, 11, 101);
        history.assertBreaks(guarantee, DeliveryMode.QUEUE, "recovery: 60001 ms (expected: at most 60000 ms)");
    }

    @Test
    void asksNothingWhereNothingWasRepaired() {
        history.request(0, 10);
        history.answer(2 * LIMIT, 0, 10, 100);
        assertThat(recoveryMillis()).isZero();
        history.assertKeeps(guarantee, DeliveryMode.AT_LEAST_ONCE);
    }

    private long recoveryMillis() {
        return history.check(DeliveryMode.AT_LEAST_ONCE).recoveryMillis();
    }

    private void repair(long micros) {
        history.add(new Nemesis(micros, Nemesis.HEAL, null));
    }
}
