package dev.millrace.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.bench.faults.history.Answer;
import dev.millrace.bench.faults.history.Answer.ServedBy;
import dev.millrace.bench.faults.history.Event;
import dev.millrace.bench.faults.history.Event.Accepted;
import dev.millrace.bench.faults.history.Event.Answered;
import dev.millrace.bench.faults.history.Event.Sent;
import dev.millrace.bench.faults.history.Position;
import dev.millrace.bench.faults.history.Verdict;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TrafficTest {
    private final Traffic traffic = new Traffic();

    @Test
    void sumsThePeriods() {
        traffic.add(List.of(), new Verdict(3000, 1, 2, 0, List.of()), true);
        traffic.add(List.of(), new Verdict(2000, 0, 1, 0, List.of()), true);
        assertThat(traffic.requests()).isEqualTo(5000);
        assertThat(traffic.lost()).isEqualTo(1);
        assertThat(traffic.duplicated()).isEqualTo(3);
    }

    @Test
    void timesTheFirstAnswerToEachRequest() {
        add(
                true,
                new Sent(1_000, "a"),
                new Accepted(2_000, "a", 0, 7, 1),
                answered(11_000, 7, "worker-1/0", 1),
                answered(900_000, 7, "worker-2/0", 1));
        assertThat(traffic.latencyMillis(50)).isCloseTo(10, within(0.1));
        assertThat(traffic.latencyMillis(99)).isCloseTo(10, within(0.1));
    }

    @Test
    void timesAnAnswerThatComesBeforeTheAcknowledgementIsSeen() {
        add(true, new Sent(0, "a"), answered(4_000, 7, "worker-1/0", 1), new Accepted(5_000, "a", 0, 7, 1));
        assertThat(traffic.latencyMillis(50)).isCloseTo(4, within(0.1));
    }

    @Test
    void timesNothingWhileItWarmsUp() {
        add(false, new Sent(0, "a"), new Accepted(1, "a", 0, 7, 1), answered(4_000, 7, "worker-1/0", 1));
        assertThat(traffic.latencyMillis(99)).isZero();
    }

    @Test
    void knowsTheNewestVersionOfEachWorkerWhateverItsLane() {
        add(
                true,
                answered(1, 1, "worker-1/0", 4),
                answered(2, 2, "worker-1/1", 3),
                answered(3, 3, "worker-2/0", 2),
                answered(4, 4, "worker-2/0", null));
        assertThat(traffic.versions()).isEqualTo(Map.of("worker-1", 4, "worker-2", 2));
    }

    private void add(boolean warm, Event... events) {
        traffic.add(List.of(events), new Verdict(events.length, 0, 0, 0, List.of()), warm);
    }

    private static Answered answered(long micros, long source, String lane, @Nullable Integer version) {
        ServedBy model = version == null ? null : new ServedBy(version, "ab12");
        Position at = new Position("results", 0, source);
        return new Answered(micros, new Answer(at, 1, false, 0, source, "a", 3, model, lane));
    }
}
