package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.guarantee.Checker.Expectations;
import dev.millrace.bench.faults.history.Answer;
import dev.millrace.bench.faults.history.Event;
import dev.millrace.bench.faults.history.Event.Accepted;
import dev.millrace.bench.faults.history.Event.Answered;
import dev.millrace.bench.faults.history.Event.Opened;
import dev.millrace.bench.faults.history.Event.Sent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One history, as the guarantees ask for it. Does not change. */
final class Run {
    private final List<Event> history;
    private final Expectations expected;
    private final Map<Integer, Long> firstOffsets = new HashMap<>();
    private final Map<String, Sent> sent = new HashMap<>();
    private final NavigableMap<Source, Accepted> accepted = new TreeMap<>();
    private final NavigableMap<Source, List<Answered>> answers = new TreeMap<>();
    private final List<Answered> late = new ArrayList<>();

    Run(List<Event> history, Expectations expected) {
        this.history = List.copyOf(history);
        this.expected = expected;
        events(Opened.class).forEach(event -> firstOffsets.putAll(event.firstOffsets()));
        events(Sent.class).forEach(event -> sent.put(event.requestId(), event));
        events(Accepted.class).forEach(event -> accepted.put(new Source(event.partition(), event.offset()), event));
        events(Answered.class).forEach(this::sort);
    }

    private void sort(Answered event) {
        Source source = source(event.answer());
        Long first = firstOffsets.get(source.partition());
        if (first != null && source.offset() >= 0 && source.offset() < first) {
            late.add(event);
        } else {
            answers.computeIfAbsent(source, s -> new ArrayList<>()).add(event);
        }
    }

    /** The request that an answer names. */
    static Source source(Answer answer) {
        return new Source(answer.sourcePartition(), answer.sourceOffset());
    }

    /** What is known beside the history. */
    Expectations expected() {
        return expected;
    }

    /** The events of one kind, as they were seen. */
    <E extends Event> List<E> events(Class<E> kind) {
        return history.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** The requests that the broker acknowledged. */
    NavigableMap<Source, Accepted> accepted() {
        return Collections.unmodifiableNavigableMap(accepted);
    }

    /** How a request was handed to the producer; null for an id that no request had. */
    @Nullable
    Sent sent(String requestId) {
        return sent.get(requestId);
    }

    /** Results and dead letters by the request that they name, those of one request as they were read. */
    NavigableMap<Source, List<Answered>> answers() {
        return Collections.unmodifiableNavigableMap(answers);
    }

    /** As {@link #answers()}, of one request. */
    List<Answered> answersTo(Source source) {
        return Collections.unmodifiableList(answers.getOrDefault(source, List.of()));
    }

    /** Answers to requests of earlier runs, which had all been answered before this one began. */
    List<Answered> late() {
        return Collections.unmodifiableList(late);
    }
}
