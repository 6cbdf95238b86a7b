package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.history.Answer.ServedBy;
import dev.millrace.bench.faults.history.Event;
import dev.millrace.bench.faults.history.Verdict;
import dev.millrace.bench.faults.history.Verdict.Violation;
import dev.millrace.worker.delivery.DeliveryMode;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Judges a history. Pure: the same history gives the same verdict. Its guarantees are those of Kafka's transaction system
 * tests (input set = output set, no duplicates, order) and of Jepsen's Kafka checker (aborted reads, one value per offset,
 * lost writes).
 */
public final class Checker {
    /** In the order of their invariants. */
    static final List<Guarantee> GUARANTEES = List.of(
            new EveryRequestIsAnswered(),
            new NoRequestIsAnsweredTwice(),
            new EveryAnswerIsToARequestThatWasSent(),
            new AnOffsetKeepsItsValue(),
            new CommitNeverPassesAnUnansweredRequest(),
            new AnswersOfAPartitionKeepTheirOrder(),
            new ResultsNameTheModelThatMadeThem(),
            new NoLaneGoesBackToAnOlderModel(),
            new LabelsAreThoseOfTheModel(),
            new RecoveryIsBounded(),
            new NothingHangsAtRest());

    /** How many violations of one guarantee are told; the first ones explain the rest. */
    private static final int TOLD = 5;

    private Checker() {}

    /**
     * What the checker knows beside the history.
     *
     * @param mode how the workers delivered
     * @param duplicatesAllowed most duplicates that the fault may cost
     * @param labels right class index by image
     * @param models versions that were published
     */
    public record Expectations(
            DeliveryMode mode, int duplicatesAllowed, Map<Integer, Integer> labels, Set<ServedBy> models) {
        /** Copies the collections. */
        public Expectations {
            labels = Map.copyOf(labels);
            models = Set.copyOf(models);
        }
    }

    /** Judges one run. */
    public static Verdict check(List<Event> history, Expectations expected) {
        Run run = new Run(history, expected);
        List<Violation> violations = GUARANTEES.stream()
                .filter(guarantee -> guarantee.appliesTo(expected.mode()))
                .flatMap(guarantee -> guarantee.violations(run).stream()
                        .limit(TOLD)
                        .map(what -> new Violation(guarantee.invariant(), what)))
                .toList();
        return new Verdict(
                run.accepted().size(),
                EveryRequestIsAnswered.unanswered(run).size(),
                NoRequestIsAnsweredTwice.duplicates(run),
                RecoveryIsBounded.recovery(run).toMillis(),
                violations);
    }
}
