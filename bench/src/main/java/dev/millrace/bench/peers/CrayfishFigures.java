package dev.millrace.bench.peers;

import dev.millrace.bench.bed.OpenLoop.Passage;
import java.util.List;
import java.util.LongSummaryStatistics;

/**
 * What Crayfish says of a run (Horchidan et al., "Crayfish: Navigating the Labyrinth of Machine Learning Inference in Stream
 * Processing Systems", EDBT 2024): of the records, in the order of their creation, the first quarter does not count.
 *
 * @param throughputPerSecond records by the time from their first creation to their last append
 * @param meanLatencyMs from creation to append
 */
record CrayfishFigures(double throughputPerSecond, double meanLatencyMs) {
    private static final double WARM_UP = 0.25;
    private static final double MICROS = 1e3;

    /**
     * Computes them.
     *
     * @param passages in the order of creation; an answer is complete when it is appended
     */
    static CrayfishFigures of(List<Passage> passages) {
        if (passages.isEmpty()) {
            throw new IllegalArgumentException("records: none (expected: at least 1)");
        }
        List<Passage> counted = passages.subList((int) (passages.size() * WARM_UP), passages.size());
        LongSummaryStatistics appends =
                counted.stream().mapToLong(Passage::completedMicros).summaryStatistics();
        LongSummaryStatistics latencies = counted.stream()
                .mapToLong(passage -> passage.completedMicros() - passage.sentMicros())
                .summaryStatistics();
        long micros = appends.getMax() - counted.get(0).sentMicros();
        return new CrayfishFigures(counted.size() * 1e6 / Math.max(1, micros), latencies.getAverage() / MICROS);
    }
}
