package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.history.Answer;
import dev.millrace.bench.faults.history.Event.Answered;
import dev.millrace.bench.faults.history.Event.Reread;
import dev.millrace.bench.faults.history.Position;
import dev.millrace.bench.faults.history.Verdict.Invariant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A record that was read once is read again as it was, and no record appears where a reader has been already. */
final class AnOffsetKeepsItsValue implements Guarantee {
    @Override
    public Invariant invariant() {
        return Invariant.ONE_VALUE_PER_OFFSET;
    }

    @Override
    public List<String> violations(Run run) {
        List<String> changes = new ArrayList<>();
        Map<Position, Long> read = new HashMap<>();
        for (Answered event : run.events(Answered.class)) {
            Answer answer = event.answer();
            Long before = read.put(answer.at(), answer.digest());
            if (before != null && before != answer.digest()) {
                changes.add(answer.at() + " was read with two values");
            }
        }
        for (Reread event : run.events(Reread.class)) {
            Long digest = read.get(event.at());
            if (digest == null) {
                changes.add(event.at() + " is there now, but was never read before");
            } else if (digest != event.digest()) {
                changes.add(event.at() + " has another value now");
            }
        }
        return changes;
    }
}
