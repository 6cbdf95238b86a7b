package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.history.Answer;
import dev.millrace.bench.faults.history.Answer.ServedBy;
import dev.millrace.bench.faults.history.Event.Answered;
import dev.millrace.bench.faults.history.Verdict.Invariant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a lane writes to one partition of results is by versions that never descend. */
final class NoLaneGoesBackToAnOlderModel implements Guarantee {
    @Override
    public Invariant invariant() {
        return Invariant.ONE_MODEL_AT_A_TIME;
    }

    @Override
    public List<String> violations(Run run) {
        List<String> steps = new ArrayList<>();
        Map<String, Integer> latest = new HashMap<>();
        for (Answered event : run.events(Answered.class)) {
            Answer answer = event.answer();
            ServedBy model = answer.model();
            if (model != null) {
                // Within one partition of results the reader's order is the order of publishing.
                String session = answer.lane() + " in " + answer.at().partitionName();
                int highest = latest.merge(session, model.version(), Math::max);
                if (model.version() < highest) {
                    steps.add(answer.at() + " is by version " + model.version() + " after version " + highest);
                }
            }
        }
        return steps;
    }
}
