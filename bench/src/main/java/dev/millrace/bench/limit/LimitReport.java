package dev.millrace.bench.limit;

import dev.millrace.bench.measure.Environment;
import dev.millrace.bench.measure.Figure;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code bench limit} found; its JSON has these names in snake case.
 *
 * @param settings of the clients and JVMs, and of the rounds
 */
record LimitReport(Environment environment, Map<String, String> settings, long seed, List<Row> models) {
    LimitReport {
        settings = Map.copyOf(settings);
        models = List.copyOf(models);
    }

    /**
     * One case. Rates and ratios are medians of the rounds; {@code figures} has the rounds themselves under the same names.
     *
     * @param lanes each pinned to a CPU of its own, or all on the GPU that the settings name
     * @param batch most images in a session run
     * @param rawImagesPerSecond session runs and nothing else, on the lanes' CPUs
     * @param dryImagesPerSecond the lanes without Kafka
     * @param laneImagesPerSecond a worker between Kafka topics
     * @param overheadCoreUsPerImage CPU time of the worker's whole process for an image, less that of a raw run
     * @param threads of the worker's process, in the last round
     * @param stages of a lane, each measured alone
     * @param plain a consumer and a producer with nothing in between, on the same records
     */
    record Row(
            String model,
            String precision,
            int lanes,
            String delivery,
            int batch,
            double rawImagesPerSecond,
            double dryImagesPerSecond,
            double laneImagesPerSecond,
            double dryOverRaw,
            double laneOverRaw,
            double overheadCoreUsPerImage,
            Map<String, Figure> figures,
            List<Share> threads,
            List<Share> stages,
            @Nullable Plain plain) {
        Row {
            figures = Map.copyOf(figures);
            threads = List.copyOf(threads);
            stages = List.copyOf(stages);
        }
    }

    /**
     * A part of the cost.
     *
     * @param cpuSecondsPer100k CPU seconds for 100,000 images
     * @param bytesPerImage allocated on the Java heap
     */
    record Share(String name, double cpuSecondsPer100k, double bytesPerImage) {}

    /**
     * The loop that does nothing.
     *
     * @param laneOverPlain images a worker answers in the time in which the loop copies one
     */
    record Plain(
            double recordsPerSecond, double laneOverPlain, double coreUsPerRecord, List<Share> parts, Figure figure) {
        Plain {
            parts = List.copyOf(parts);
        }
    }
}
