package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.history.Event.Accepted;
import dev.millrace.bench.faults.history.Event.Answered;
import dev.millrace.bench.faults.history.Event.Nemesis;
import dev.millrace.bench.faults.history.Event.Sent;
import dev.millrace.bench.faults.history.Verdict.Invariant;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/**
 * Once the last repair has begun, a request waits no longer than a bound for its first answer: from that repair, or from
 * its sending where that came later.
 */
final class RecoveryIsBounded implements Guarantee {
    /**
     * Twice the longest time-out of the rig, which is that of a transaction, 5 s; the start of a worker, and what had to
     * wait for it, on a machine that is busy.
     */
    static final Duration LIMIT = Duration.ofSeconds(60);

    @Override
    public Invariant invariant() {
        return Invariant.RECOVERY_IN_TIME;
    }

    @Override
    public List<String> violations(Run run) {
        Duration recovery = recovery(run);
        return recovery.compareTo(LIMIT) <= 0
                ? List.of()
                : List.of("recovery: " + recovery.toMillis() + " ms (expected: at most " + LIMIT.toMillis() + " ms)");
    }

    /** The longest of these waits; zero where every answer had come before the repair. */
    static Duration recovery(Run run) {
        OptionalLong repair = run.events(Nemesis.class).stream()
                .filter(event -> event.step().equals(Nemesis.HEAL))
                .mapToLong(Nemesis::micros)
                .max();
        if (repair.isEmpty()) {
            return Duration.ZERO;
        }
        long micros = run.accepted().entrySet().stream()
                .flatMapToLong(request -> waited(request, repair.getAsLong(), run))
                .max()
                .orElse(0);
        return Duration.ofMillis(Math.max(0, micros) / 1000);
    }

    private static LongStream waited(Map.Entry<Source, Accepted> request, long repair, Run run) {
        Sent sent = run.sent(request.getValue().requestId());
        long since = sent == null ? repair : Math.max(repair, sent.micros());
        return run.answersTo(request.getKey()).stream().mapToLong(Answered::micros).min().stream()
                .map(first -> first - since);
    }
}
