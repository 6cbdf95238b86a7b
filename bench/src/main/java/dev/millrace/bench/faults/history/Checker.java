package dev.millrace.bench.faults.history;

import dev.millrace.bench.faults.history.Answer.ServedBy;
import dev.millrace.bench.faults.history.Event.Accepted;
import dev.millrace.bench.faults.history.Event.Answered;
import dev.millrace.bench.faults.history.Event.AtRest;
import dev.millrace.bench.faults.history.Event.Committed;
import dev.millrace.bench.faults.history.Event.Nemesis;
import dev.millrace.bench.faults.history.Event.Opened;
import dev.millrace.bench.faults.history.Event.Reread;
import dev.millrace.bench.faults.history.Event.Sent;
import dev.millrace.bench.faults.history.Verdict.Invariant;
import dev.millrace.bench.faults.history.Verdict.Violation;
import dev.millrace.worker.delivery.DeliveryMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Judges a history. Pure: the same history gives the same verdict. Its invariants are those of Kafka's transaction
 * system tests (input set = output set, no duplicates, order) and of Jepsen's Kafka checker (aborted reads, one value per
 * offset, lost writes).
 */
public final class Checker {
    /** How many violations of one invariant are told; the first ones explain the rest. */
    private static final int TOLD = 5;

    private final Expectations expected;
    private final List<Violation> violations = new ArrayList<>();
    private final Map<Source, Accepted> accepted = new LinkedHashMap<>();
    private final Set<String> sentIds = new HashSet<>();
    private final Map<Source, List<Answered>> answers = new TreeMap<>();
    private final Map<Position, Long> read = new HashMap<>();
    private Map<Integer, Long> firstOffsets = Map.of();
    private int lateDuplicates;

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

    /** A request's coordinates on the requests topic. */
    private record Source(int partition, long offset) implements Comparable<Source> {
        @Override
        public int compareTo(Source other) {
            int byPartition = Integer.compare(partition, other.partition);
            return byPartition != 0 ? byPartition : Long.compare(offset, other.offset);
        }

        @Override
        public String toString() {
            return "request " + partition + "@" + offset;
        }
    }

    private Checker(Expectations expected) {
        this.expected = expected;
    }

    /** Judges one run. */
    public static Verdict check(List<Event> history, Expectations expected) {
        return new Checker(expected).judge(history);
    }

    private Verdict judge(List<Event> history) {
        of(history, Opened.class).forEach(event -> firstOffsets = event.firstOffsets());
        of(history, Sent.class).forEach(event -> sentIds.add(event.requestId()));
        of(history, Accepted.class)
                .forEach(event -> accepted.put(new Source(event.partition(), event.offset()), event));
        of(history, Answered.class).forEach(this::collect);
        int lost = lost();
        int duplicated = duplicated();
        phantoms();
        of(history, Reread.class).forEach(this::compare);
        of(history, Committed.class).forEach(this::commits);
        if (expected.mode() != DeliveryMode.QUEUE) {
            order();
        }
        of(history, Answered.class).map(Answered::answer).forEach(this::label);
        models(of(history, Answered.class).map(Answered::answer).toList());
        of(history, AtRest.class).forEach(this::rest);
        return new Verdict(accepted.size(), lost, duplicated, recoveryMillis(history), violations);
    }

    private static <E extends Event> Stream<E> of(List<Event> history, Class<E> type) {
        return history.stream().filter(type::isInstance).map(type::cast);
    }

    private void collect(Answered event) {
        Answer answer = event.answer();
        Long before = read.put(answer.at(), answer.digest());
        if (before != null && before != answer.digest()) {
            violated(Invariant.ONE_VALUE_PER_OFFSET, answer.at() + " was read with two values");
        }
        if (answer.sourceOffset() < firstOffsets.getOrDefault(answer.sourcePartition(), 0L)) {
            // Everything below was answered before this run began.
            lateDuplicates++;
            return;
        }
        answers.computeIfAbsent(new Source(answer.sourcePartition(), answer.sourceOffset()), s -> new ArrayList<>())
                .add(event);
    }

    private int lost() {
        int lost = 0;
        for (Map.Entry<Source, Accepted> request : accepted.entrySet()) {
            if (!answers.containsKey(request.getKey())) {
                lost++;
                violated(
                        Invariant.NOTHING_LOST,
                        request.getKey() + " " + request.getValue().requestId() + " has no answer");
            }
        }
        return lost;
    }

    private int duplicated() {
        int duplicated = lateDuplicates;
        for (List<Answered> ofOne : answers.values()) {
            long letters = ofOne.stream().filter(a -> a.answer().letter()).count();
            long results = ofOne.size() - letters;
            duplicated += (int) (Math.max(0, results - 1) + Math.max(0, letters - 1));
        }
        if (duplicated > expected.duplicatesAllowed()) {
            violated(
                    Invariant.NO_FORBIDDEN_DUPLICATE,
                    duplicated + " duplicates (expected: at most " + expected.duplicatesAllowed() + "), of which "
                            + lateDuplicates + " of requests of an earlier run; first: " + firstDuplicate());
        }
        return duplicated;
    }

    private String firstDuplicate() {
        return answers.entrySet().stream()
                .filter(entry -> entry.getValue().size() > 1)
                .findFirst()
                .map(entry -> entry.getKey() + " by "
                        + entry.getValue().stream()
                                .map(a ->
                                        a.answer().lane() + " at " + a.answer().at())
                                .toList())
                .orElse("none of this run");
    }

    private void phantoms() {
        for (Map.Entry<Source, List<Answered>> entry : answers.entrySet()) {
            Accepted request = accepted.get(entry.getKey());
            for (Answered event : entry.getValue()) {
                String id = event.answer().requestId();
                boolean known = request != null
                        ? id == null || id.equals(request.requestId())
                        // A request that the producer gave up may have arrived.
                        : id != null && sentIds.contains(id);
                if (!known) {
                    violated(
                            Invariant.NO_PHANTOM,
                            event.answer().at() + " answers " + entry.getKey() + " as " + id + " (expected: "
                                    + (request == null ? "a request that was sent" : request.requestId()) + ")");
                }
            }
        }
    }

    private void compare(Reread event) {
        Long digest = read.get(event.at());
        if (digest == null) {
            violated(Invariant.ONE_VALUE_PER_OFFSET, event.at() + " is there now, but was never read before");
        } else if (digest != event.digest()) {
            violated(Invariant.ONE_VALUE_PER_OFFSET, event.at() + " has another value now");
        }
    }

    private void commits(Committed sample) {
        for (Source source : accepted.keySet()) {
            long committed = sample.committed().getOrDefault(source.partition(), 0L);
            if (source.offset() < committed && !answeredBelow(source, sample.ends())) {
                violated(
                        Invariant.COMMITS_FOLLOW_ANSWERS,
                        "partition " + source.partition() + " was committed to " + committed + " after "
                                + sample.micros() / 1000 + " ms, before " + source + " was answered");
            }
        }
    }

    private boolean answeredBelow(Source source, Map<String, Long> ends) {
        return answers.getOrDefault(source, List.of()).stream()
                .map(event -> event.answer().at())
                .anyMatch(at -> at.offset() < ends.getOrDefault(at.partitionName(), 0L));
    }

    /** First answers, by the log of each results partition, ascend within each partition of requests. */
    private void order() {
        Map<String, TreeMap<Long, Source>> logs = new TreeMap<>();
        answers.forEach((source, ofOne) -> ofOne.stream()
                .map(Answered::answer)
                .filter(answer -> !answer.letter())
                .min((a, b) -> Long.compare(a.at().offset(), b.at().offset()))
                .ifPresent(first -> logs.computeIfAbsent(
                                source.partition() + " to " + first.at().partitionName(), k -> new TreeMap<>())
                        .put(first.at().offset(), source)));
        logs.forEach((pair, log) -> {
            Source previous = null;
            for (Source source : log.values()) {
                if (previous != null && source.offset() < previous.offset()) {
                    violated(
                            Invariant.ORDER_PER_PARTITION,
                            pair + ": " + source + " was first answered after " + previous);
                }
                previous = source;
            }
        });
    }

    private void label(Answer answer) {
        Accepted request = accepted.get(new Source(answer.sourcePartition(), answer.sourceOffset()));
        Integer right = request == null ? null : expected.labels().get(request.image());
        if (right != null && answer.label() != null && !right.equals(answer.label())) {
            violated(
                    Invariant.RIGHT_LABEL,
                    answer.at() + " says class " + answer.label() + " (expected: " + right + ")");
        }
    }

    private void models(List<Answer> inOrderOfReading) {
        Map<String, Integer> latest = new HashMap<>();
        for (Answer answer : inOrderOfReading) {
            ServedBy model = answer.model();
            if (model == null) {
                continue;
            }
            if (!expected.models().contains(model)) {
                violated(Invariant.ONE_MODEL_AT_A_TIME, answer.at() + " names " + model + ", never published");
            }
            // Within one partition of results the reader's order is the order of publishing.
            String session = answer.lane() + " in " + answer.at().partitionName();
            int before = latest.merge(session, model.version(), Math::max);
            if (model.version() < before) {
                violated(
                        Invariant.ONE_MODEL_AT_A_TIME,
                        answer.at() + " is by version " + model.version() + " after version " + before);
            }
        }
    }

    private void rest(AtRest rest) {
        if (!rest.unstable().isEmpty()) {
            violated(Invariant.NOTHING_HANGS, "last stable offset below the high watermark: " + rest.unstable());
        }
        if (!rest.ongoing().isEmpty()) {
            violated(Invariant.NOTHING_HANGS, "open transactions: " + rest.ongoing());
        }
    }

    private long recoveryMillis(List<Event> history) {
        long healed = of(history, Nemesis.class)
                .filter(event -> event.step().equals(Nemesis.HEAL))
                .mapToLong(Nemesis::micros)
                .max()
                .orElse(Long.MAX_VALUE);
        long last = accepted.keySet().stream()
                .flatMap(source ->
                        answers.getOrDefault(source, List.of()).stream()
                                .map(Answered::micros)
                                .min(Long::compare)
                                .stream())
                .mapToLong(Long::longValue)
                .max()
                .orElse(0);
        return Math.max(0, last - healed) / 1000;
    }

    private void violated(Invariant invariant, String what) {
        long told = violations.stream().filter(v -> v.invariant() == invariant).count();
        if (told < TOLD) {
            violations.add(new Violation(invariant, what));
        }
    }
}
