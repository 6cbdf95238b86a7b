package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.history.Event.Committed;
import dev.millrace.bench.faults.history.Position;
import dev.millrace.bench.faults.history.Verdict.Invariant;
import dev.millrace.worker.delivery.DeliveryMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** When an offset is seen committed, the answers to all requests below it are on the broker. */
final class CommitNeverPassesAnUnansweredRequest implements Guarantee {
    @Override
    public Invariant invariant() {
        return Invariant.COMMITS_FOLLOW_ANSWERS;
    }

    /** A share group acknowledges records one by one. */
    @Override
    public boolean appliesTo(DeliveryMode mode) {
        return mode != DeliveryMode.QUEUE;
    }

    @Override
    public List<String> violations(Run run) {
        List<String> early = new ArrayList<>();
        Map<String, Long> ends = Map.of();
        // What one sample has shown of a commit, a later one need not: a long history has thousands of them.
        Map<Integer, Long> seen = new HashMap<>();
        for (Committed sample : run.events(Committed.class)) {
            if (goesBack(ends, sample.ends())) {
                seen.clear();
            }
            ends = sample.ends();
            sample.committed().forEach((partition, committed) -> {
                long from = Math.min(seen.getOrDefault(partition, 0L), committed);
                run.accepted().subMap(new Source(partition, from), new Source(partition, committed)).keySet().stream()
                        .filter(source -> !isAnsweredBelow(sample.ends(), source, run))
                        .forEach(source -> early.add("partition " + partition + " was committed to " + committed
                                + " after " + sample.micros() / 1000 + " ms, before " + source + " was answered"));
                seen.merge(partition, committed, Math::max);
            });
        }
        return early;
    }

    private static boolean goesBack(Map<String, Long> before, Map<String, Long> now) {
        return before.entrySet().stream().anyMatch(end -> now.getOrDefault(end.getKey(), 0L) < end.getValue());
    }

    private static boolean isAnsweredBelow(Map<String, Long> ends, Source source, Run run) {
        return run.answersTo(source).stream().anyMatch(event -> {
            Position at = event.answer().at();
            return at.offset() < ends.getOrDefault(at.partitionName(), 0L);
        });
    }
}
