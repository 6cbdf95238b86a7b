package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.history.Answer;
import dev.millrace.bench.faults.history.Event.Accepted;
import dev.millrace.bench.faults.history.Event.Answered;
import dev.millrace.bench.faults.history.Verdict.Invariant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A result or dead letter belongs to a request that was sent, and names its id. */
final class EveryAnswerIsToARequestThatWasSent implements Guarantee {
    @Override
    public Invariant invariant() {
        return Invariant.NO_PHANTOM;
    }

    @Override
    public List<String> violations(Run run) {
        List<String> phantoms = new ArrayList<>();
        run.answers().forEach((source, events) -> {
            Accepted request = run.accepted().get(source);
            events.stream()
                    .map(Answered::answer)
                    .filter(answer -> !belongs(answer, request, run))
                    .forEach(answer -> phantoms.add(answer.at() + " answers " + source + " as " + answer.requestId()
                            + " (expected: " + (request == null ? "a request that was sent" : request.requestId())
                            + ")"));
        });
        return phantoms;
    }

    private static boolean belongs(Answer answer, @Nullable Accepted request, Run run) {
        String id = answer.requestId();
        if (request == null) {
            // A request that the producer gave up may have arrived.
            return id != null && run.sent(id) != null;
        }
        return id == null || id.equals(request.requestId());
    }
}
