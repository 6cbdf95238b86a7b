package dev.millrace.bench.faults.guarantee;

import dev.millrace.bench.faults.history.Answer;
import dev.millrace.bench.faults.history.Event.Answered;
import dev.millrace.bench.faults.history.Verdict.Invariant;
import dev.millrace.worker.delivery.DeliveryMode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * First results, by the log of each results partition, ascend within each partition of requests. Repeated ones may come
 * at any time.
 */
final class AnswersOfAPartitionKeepTheirOrder implements Guarantee {
    @Override
    public Invariant invariant() {
        return Invariant.ORDER_PER_PARTITION;
    }

    /** A share group spreads one partition over many lanes. */
    @Override
    public boolean appliesTo(DeliveryMode mode) {
        return mode != DeliveryMode.QUEUE;
    }

    @Override
    public List<String> violations(Run run) {
        List<String> disorder = new ArrayList<>();
        firstResults(run).forEach((pair, log) -> {
            Source previous = null;
            for (Source source : log.values()) {
                if (previous != null && source.offset() < previous.offset()) {
                    disorder.add(pair + ": " + source + " was first answered after " + previous);
                }
                previous = source;
            }
        });
        return disorder;
    }

    /** By partition of requests and of results: what was answered first at which offset. */
    private static Map<String, NavigableMap<Long, Source>> firstResults(Run run) {
        Map<String, NavigableMap<Long, Source>> logs = new TreeMap<>();
        run.answers().forEach((source, events) -> events.stream()
                .map(Answered::answer)
                .filter(answer -> !answer.letter())
                .min(Comparator.comparingLong((Answer answer) -> answer.at().offset()))
                .ifPresent(first -> logs.computeIfAbsent(
                                source.partition() + " to " + first.at().partitionName(), pair -> new TreeMap<>())
                        .put(first.at().offset(), source)));
        return logs;
    }
}
