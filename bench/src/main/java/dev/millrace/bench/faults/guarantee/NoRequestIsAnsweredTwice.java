package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.history.Event.Answered;
import dev.millrace.bench.faults.history.Verdict.Invariant;
import java.util.List;
import java.util.Map;

/**
 * A request has no more results, and no more dead letters, than mode and fault allow: exactly once, one. A result whose
 * request is kept as a dead letter as well is one answer, not two.
 */
final class NoRequestIsAnsweredTwice implements Guarantee {
    @Override
    public Invariant invariant() {
        return Invariant.NO_FORBIDDEN_DUPLICATE;
    }

    @Override
    public List<String> violations(Run run) {
        int duplicates = duplicates(run);
        int allowed = run.expected().duplicatesAllowed();
        return duplicates <= allowed
                ? List.of()
                : List.of(duplicates + " duplicates (expected: at most " + allowed + "), of which "
                        + run.late().size() + " of requests of an earlier run; first: " + first(run));
    }

    static int duplicates(Run run) {
        return run.late().size()
                + run.answers().values().stream()
                        .mapToInt(NoRequestIsAnsweredTwice::beyondTheFirst)
                        .sum();
    }

    private static int beyondTheFirst(List<Answered> ofOne) {
        int letters =
                (int) ofOne.stream().filter(event -> event.answer().letter()).count();
        return Math.max(0, letters - 1) + Math.max(0, ofOne.size() - letters - 1);
    }

    private static String first(Run run) {
        return run.answers().entrySet().stream()
                .filter(entry -> beyondTheFirst(entry.getValue()) > 0)
                .findFirst()
                .map(NoRequestIsAnsweredTwice::told)
                .orElse("none of this run");
    }

    private static String told(Map.Entry<Source, List<Answered>> repeated) {
        return repeated.getKey() + " by "
                + repeated.getValue().stream()
                        .map(event ->
                                event.answer().lane() + " at " + event.answer().at())
                        .toList();
    }
}
