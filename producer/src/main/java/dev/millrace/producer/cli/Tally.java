package dev.millrace.producer.cli;

import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** What became of the images so far. Guarded by its monitor: the publishing thread and the client's threads count. */
final class Tally {
    /**
     * The counts at one moment.
     *
     * @param unreadable sources and images that could not be read
     * @param published taken by Kafka, or answered, or still under way
     * @param notPublished refused by Kafka or the client
     * @param unanswered published, awaited, and not answered in time
     * @param answers answers by status, every status present
     * @param found boxes of detectors, by class
     * @param nanos from the start to the last change
     */
    record Counts(
            long unreadable,
            long published,
            long notPublished,
            long unanswered,
            Map<ResultStatus, Long> answers,
            Map<String, Integer> found,
            long nanos) {
        long answered() {
            return answers.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    /** Of what people send, too: a class beyond these is counted as others. */
    private static final int MOST_CLASSES = 10_000;

    private final Map<ResultStatus, Long> answers = new EnumMap<>(ResultStatus.class);
    private final Map<String, Integer> found = new TreeMap<>();
    private long unreadable;
    private long taken;
    private long notPublished;
    private long unanswered;
    private long start = System.nanoTime();
    private long last = start;

    Tally() {
        for (ResultStatus status : ResultStatus.values()) {
            answers.put(status, 0L);
        }
    }

    /** Time counts from now. */
    synchronized void start() {
        start = System.nanoTime();
        last = start;
    }

    synchronized void unreadable() {
        unreadable++;
    }

    /** An image was handed to the client. */
    synchronized void taken() {
        taken++;
        last = System.nanoTime();
    }

    synchronized void acknowledged() {
        last = System.nanoTime();
    }

    synchronized void notPublished() {
        notPublished++;
        last = System.nanoTime();
    }

    synchronized void answered(InferenceResult result) {
        answers.merge(result.getStatus(), 1L, Long::sum);
        result.getCounts().forEach((label, count) -> {
            boolean known = found.size() < MOST_CLASSES || found.containsKey(label);
            found.merge(known ? label : "others", count, Integer::sum);
        });
        last = System.nanoTime();
    }

    synchronized void unanswered() {
        unanswered++;
        last = System.nanoTime();
    }

    synchronized Counts counts() {
        return new Counts(
                unreadable,
                taken - notPublished,
                notPublished,
                unanswered,
                new EnumMap<>(answers),
                new TreeMap<>(found),
                last - start);
    }
}
