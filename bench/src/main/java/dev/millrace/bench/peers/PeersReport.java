package dev.millrace.bench.peers;

import dev.millrace.bench.measure.Environment;
import dev.millrace.bench.measure.Figure;
import java.util.List;
import java.util.Map;

/**
 * What {@code bench peers} found; its JSON has these names in snake case.
 *
 * @param settings of the clients and JVMs, and of the rounds
 * @param leftOut whose programs are not installed
 */
record PeersReport(
        Environment environment,
        Map<String, String> settings,
        long seed,
        List<Row> contestants,
        List<String> leftOut,
        List<CrayfishRow> crayfish) {
    PeersReport {
        settings = Map.copyOf(settings);
        contestants = List.copyOf(contestants);
        leftOut = List.copyOf(leftOut);
        crayfish = List.copyOf(crayfish);
    }

    /**
     * One contestant with one model. Numbers are medians of the rounds; {@code figures} has the rounds themselves under the same
     * names.
     *
     * @param precision int8 or fp32
     * @param imagesPerSecond when all requests are there already
     * @param imagesPerCpuSecond then, by the CPU time of its whole process
     * @param p50Ms from the moment at which a request should have been sent to the one at which its answer was read, at {@code
     *     loadPerSecond}
     * @param p99Ms as above
     * @param loadPerSecond requests at which the times were taken
     * @param equalLoad whether that is the load of the others, too; false: it cannot carry that, and has the same part of its own capacity
     * @param rssMb resident memory after all that, in megabytes of a million bytes
     * @param linesOfUserCode without empty lines and comments
     * @param settings what it is told beside its defaults
     */
    record Row(
            String name,
            String precision,
            double imagesPerSecond,
            double imagesPerCpuSecond,
            double p50Ms,
            double p99Ms,
            double loadPerSecond,
            boolean equalLoad,
            double rssMb,
            int linesOfUserCode,
            String settings,
            Map<String, Figure> figures) {
        Row {
            figures = Map.copyOf(figures);
        }
    }

    /**
     * One contestant with Crayfish's own workload at one rate, by Crayfish's definitions.
     *
     * @param offeredPerSecond what the generator sent
     * @param throughputPerSecond records by the time from the first creation to the last append, without the first quarter
     * @param meanLatencyMs from creation to append
     */
    record CrayfishRow(String name, double offeredPerSecond, double throughputPerSecond, double meanLatencyMs) {}
}
