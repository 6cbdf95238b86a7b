package dev.millrace.bench.faults.guarantee;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.bench.faults.guarantee.Checker.Expectations;
import dev.millrace.bench.faults.history.Answer;
import dev.millrace.bench.faults.history.Answer.ServedBy;
import dev.millrace.bench.faults.history.Event;
import dev.millrace.bench.faults.history.Event.Accepted;
import dev.millrace.bench.faults.history.Event.Answered;
import dev.millrace.bench.faults.history.Event.Reread;
import dev.millrace.bench.faults.history.Event.Sent;
import dev.millrace.bench.faults.history.Position;
import dev.millrace.bench.faults.history.Verdict;
import dev.millrace.worker.delivery.DeliveryMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A history event by event, without threads, clock or broker. Each request carries image 0; a record's digest is its
 * offset. Test thread only.
 */
final class HandMadeHistory {
    static final ServedBy FIRST = new ServedBy(1, "aa");
    static final ServedBy SECOND = new ServedBy(2, "bb");

    /** The right label of every request. */
    static final int BOOT = 9;

    private final List<Event> events = new ArrayList<>();

    void add(Event event) {
        events.add(event);
    }

    static String id(int partition, long offset) {
        return "id-" + partition + "-" + offset;
    }

    /** Sent and accepted at once. */
    void request(int partition, long offset) {
        request(0, partition, offset);
    }

    void request(long micros, int partition, long offset) {
        add(new Sent(micros, id(partition, offset)));
        add(new Accepted(micros, id(partition, offset), partition, offset, 0));
    }

    /** A right answer in the results partition with the request's number. */
    void answer(int partition, long offset, long at) {
        answer(0, partition, offset, at);
    }

    void answer(long micros, int partition, long offset, long at) {
        answer(micros, partition, offset, at, id(partition, offset), BOOT, FIRST);
    }

    void answer(long micros, int partition, long offset, long at, String id, int label, ServedBy model) {
        Position position = new Position("results", partition, at);
        add(new Answered(micros, new Answer(position, at, false, partition, offset, id, label, model, "worker-1/0")));
    }

    void letter(int partition, long offset, long at) {
        Position position = new Position("dlq.requests", 0, at);
        add(new Answered(0, new Answer(position, at, true, partition, offset, null, null, null, "worker-1")));
    }

    /** The second reader sees what a result had, by its digest, in partition 0. */
    void reread(long at, long digest) {
        add(new Reread(0, new Position("results", 0, at), digest));
    }

    Verdict check(DeliveryMode mode) {
        return Checker.check(events, expected(mode));
    }

    private static Expectations expected(DeliveryMode mode) {
        int allowed = mode == DeliveryMode.EXACTLY_ONCE ? 0 : Integer.MAX_VALUE;
        return new Expectations(mode, allowed, Map.of(0, BOOT), Set.of(FIRST, SECOND));
    }

    /** The guarantee holds, and every other one. */
    void assertKeeps(Guarantee guarantee, DeliveryMode mode) {
        assertThat(guarantee.violations(new Run(events, expected(mode)))).isEmpty();
        assertThat(check(mode).violations()).isEmpty();
    }

    /** The guarantee is broken, once for each of {@code what}; the checker says so, and finds nothing else. */
    void assertBreaks(Guarantee guarantee, DeliveryMode mode, String... what) {
        List<String> violations = guarantee.violations(new Run(events, expected(mode)));
        assertThat(violations).hasSameSizeAs(what).zipSatisfy(List.of(what), (told, part) -> assertThat(told)
                .contains(part));
        assertThat(check(mode).violations())
                .isEqualTo(violations.stream()
                        .map(told -> new Verdict.Violation(guarantee.invariant(), told))
                        .toList());
    }
}
