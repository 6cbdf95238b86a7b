package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.history.Answer;
import dev.millrace.bench.faults.history.Event.Accepted;
import dev.millrace.bench.faults.history.Event.Answered;
import dev.millrace.bench.faults.history.Verdict.Invariant;
import java.util.ArrayList;
import java.util.List;

/** A label is the one that the model gives for the request's image, computed again by the checker's side. */
final class LabelsAreThoseOfTheModel implements Guarantee {
    @Override
    public Invariant invariant() {
        return Invariant.RIGHT_LABEL;
    }

    @Override
    public List<String> violations(Run run) {
        List<String> wrong = new ArrayList<>();
        for (Answered event : run.events(Answered.class)) {
            Answer answer = event.answer();
            Accepted request = run.accepted().get(Run.source(answer));
            Integer right = request == null ? null : run.expected().labels().get(request.image());
            if (right != null && answer.label() != null && !right.equals(answer.label())) {
                wrong.add(answer.at() + " says class " + answer.label() + " (expected: " + right + ")");
            }
        }
        return wrong;
    }
}
