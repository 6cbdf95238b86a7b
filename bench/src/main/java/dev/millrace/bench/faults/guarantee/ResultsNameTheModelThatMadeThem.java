package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.history.Event.Answered;
import dev.millrace.bench.faults.history.Verdict.Invariant;
import java.util.List;

/** A result with a model names a version that was published, by its number and content. */
final class ResultsNameTheModelThatMadeThem implements Guarantee {
    @Override
    public Invariant invariant() {
        return Invariant.ONE_MODEL_AT_A_TIME;
    }

    @Override
    public List<String> violations(Run run) {
        return run.events(Answered.class).stream()
                .map(Answered::answer)
                .filter(answer ->
                        answer.model() != null && !run.expected().models().contains(answer.model()))
                .map(answer -> answer.at() + " names " + answer.model() + ", never published")
                .toList();
    }
}
