package dev.millrace.bench.load;

import dev.millrace.bench.measure.Environment;
import dev.millrace.bench.measure.Figure;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code bench load} found; its JSON has these names in snake case.
 *
 * @param settings of the clients and JVMs, and of the rounds
 */
record LoadReport(Environment environment, Map<String, String> settings, long seed, List<Row> models) {
    LoadReport {
        settings = Map.copyOf(settings);
        models = List.copyOf(models);
    }

    /**
     * One setup.
     *
     * @param lanes each pinned to a CPU of its own
     * @param batch most images in a session run
     * @param capacity images a second that the worker answers when all requests are there already
     */
    record Row(
            String model, String precision, int lanes, String delivery, int batch, Figure capacity, List<Level> loads) {
        Row {
            loads = List.copyOf(loads);
        }
    }

    /**
     * One load. Times are in milliseconds, from the moment at which a request should have been sent to the moment at which its answer
     * was read.
     *
     * @param percent of the capacity
     * @param perSecond requests, on average; what was sent is as random as its moments
     * @param answers that were timed in the last round
     * @param msP999 null where there are too few answers to tell
     * @param sentLateMsP99 by which the bench itself was late with a request; a part of the times
     * @param imagesPerRun mean of the last round
     * @param stagesMsP99 of the last round, as the answers say: queue, decode, batch, infer
     */
    record Level(
            int percent,
            double perSecond,
            long answers,
            Figure msP50,
            Figure msP99,
            @Nullable Figure msP999,
            Figure msMax,
            Figure sentLateMsP99,
            double imagesPerRun,
            Map<String, Double> stagesMsP99) {
        Level {
            stagesMsP99 = Map.copyOf(stagesMsP99);
        }
    }
}
