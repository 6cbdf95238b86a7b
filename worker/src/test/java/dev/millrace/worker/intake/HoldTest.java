package dev.millrace.worker.intake;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HoldTest {
    private static final long NOW = 1_000;

    private final Hold hold = new Hold(() -> false, 42, NOW);

    @Test
    void waitsBeforeItIsTriedAgainAndTwiceAsLongAfterEachFailure() {
        assertThat(hold.waiting()).isTrue();
        assertThat(hold.due(after(249))).isFalse();
        assertThat(hold.due(after(250))).isTrue();

        hold.again(after(250));
        assertThat(hold.due(after(250 + 499))).isFalse();
        assertThat(hold.due(after(250 + 500))).isTrue();
    }

    @Test
    void neverWaitsLongerThanFourSeconds() {
        for (int i = 0; i < 20; i++) {
            hold.again(NOW);
        }

        assertThat(hold.due(after(3_999))).isFalse();
        assertThat(hold.due(after(4_000))).isTrue();
    }

    @Test
    void isNotDueWhileItIsBeingTried() {
        hold.trying();

        assertThat(hold.waiting()).isFalse();
        assertThat(hold.due(after(60_000))).isFalse();
    }

    @Test
    void isOverOnceTheRecordIsSettledAndFollowsAFailureToAnother() {
        assertThat(hold.over(42)).isFalse();
        assertThat(hold.over(43)).isTrue();

        assertThat(hold.ready()).isFalse();
        hold.again(() -> true, 50, NOW);
        assertThat(hold.ready()).isTrue();
        assertThat(hold.over(43)).isFalse();
        assertThat(hold.over(51)).isTrue();
    }

    private static long after(long millis) {
        return NOW + TimeUnit.MILLISECONDS.toNanos(millis);
    }
}
