package dev.millrace.bench.scale;

import dev.millrace.bench.measure.Environment;
import dev.millrace.bench.measure.Figure;
import java.util.List;
import java.util.Map;

/**
 * What {@code bench scale} found; its JSON has these names in snake case.
 *
 * @param settings of the clients and JVMs, and of the rounds
 */
record ScaleReport(Environment environment, Map<String, String> settings, long seed, List<Row> groups) {
    ScaleReport {
        settings = Map.copyOf(settings);
        groups = List.copyOf(groups);
    }

    /**
     * One group.
     *
     * @param lanes of each worker
     * @param runMs how long a session run takes
     * @param joinSeconds from the moment at which the last worker was ready to the one at which every lane had its partitions
     * @param idealPerSecond images of so many lanes, if nothing but the runs took time
     * @param ofIdeal what was reached of that
     * @param coreUsPerImage CPU time of all workers for an image
     */
    record Row(
            int workers,
            int lanes,
            double runMs,
            double joinSeconds,
            double idealPerSecond,
            Figure imagesPerSecond,
            Figure ofIdeal,
            Figure coreUsPerImage) {}
}
