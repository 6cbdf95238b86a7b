package dev.millrace.bench.soak;

import dev.millrace.bench.faults.history.Answer;
import dev.millrace.bench.faults.history.Answer.ServedBy;
import dev.millrace.bench.faults.history.Event;
import dev.millrace.bench.faults.history.Event.Accepted;
import dev.millrace.bench.faults.history.Event.Answered;
import dev.millrace.bench.faults.history.Event.Sent;
import dev.millrace.bench.faults.history.Verdict;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** What the periods came to so far; of each only sums stay. One thread. */
final class Traffic {
    private static final long LONGEST_MICROS = Duration.ofMinutes(10).toNanos() / 1_000;
    private static final int DIGITS = 3;

    private final Histogram latencies = new Histogram(LONGEST_MICROS, DIGITS);
    private final Map<String, Integer> versions = new TreeMap<>();
    private int requests;
    private int lost;
    private int duplicated;

    /**
     * Counts one period.
     *
     * @param warm whether its latencies count
     */
    void add(List<Event> events, Verdict verdict, boolean warm) {
        requests += verdict.requests();
        lost += verdict.lost();
        duplicated += verdict.duplicated();
        if (warm) {
            time(events);
        }
        for (Event event : events) {
            if (event instanceof Answered answered) {
                ServedBy model = answered.answer().model();
                if (model != null) {
                    versions.merge(worker(answered.answer()), model.version(), Math::max);
                }
            }
        }
    }

    private static String worker(Answer answer) {
        int slash = answer.lane().indexOf('/');
        return slash < 0 ? answer.lane() : answer.lane().substring(0, slash);
    }

    /** From handing a request to its producer until a reader that polls has its first answer. */
    private void time(List<Event> events) {
        Map<String, Long> sent = new HashMap<>();
        Map<List<Long>, String> ids = new HashMap<>();
        for (Event event : events) {
            if (event instanceof Sent request) {
                sent.put(request.requestId(), request.micros());
            } else if (event instanceof Accepted accepted) {
                ids.put(List.of((long) accepted.partition(), accepted.offset()), accepted.requestId());
            }
        }
        for (Event event : events) {
            if (event instanceof Answered answered) {
                Answer answer = answered.answer();
                // Taken out: an answer that comes again says nothing about the time of the first one.
                String id = ids.remove(List.of((long) answer.sourcePartition(), answer.sourceOffset()));
                Long begin = id == null ? null : sent.get(id);
                if (begin != null) {
                    latencies.recordValue(Math.min(LONGEST_MICROS, Math.max(0, answered.micros() - begin)));
                }
            }
        }
    }

    int requests() {
        return requests;
    }

    int lost() {
        return lost;
    }

    int duplicated() {
        return duplicated;
    }

    /** The newest model version that each worker has answered with. */
    Map<String, Integer> versions() {
        return Map.copyOf(versions);
    }

    /** A percentile of the latencies in milliseconds; 0 where there are none. */
    double latencyMillis(double percentile) {
        return latencies.getValueAtPercentile(percentile) / 1_000.0;
    }
}
