package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.history.Event.Accepted;
import dev.millrace.bench.faults.history.Verdict.Invariant;
import java.util.List;
import java.util.Map;

/** A request that the broker acknowledged has a result or a dead letter in the end. */
final class EveryRequestIsAnswered implements Guarantee {
    @Override
    public Invariant invariant() {
        return Invariant.NOTHING_LOST;
    }

    @Override
    public List<String> violations(Run run) {
        return unanswered(run).stream()
                .map(request -> request.getKey() + " " + request.getValue().requestId() + " has no answer")
                .toList();
    }

    static List<Map.Entry<Source, Accepted>> unanswered(Run run) {
        return run.accepted().entrySet().stream()
                .filter(request -> run.answersTo(request.getKey()).isEmpty())
                .toList();
    }
}
