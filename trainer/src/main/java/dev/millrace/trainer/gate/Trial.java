package dev.millrace.trainer.gate;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What became of a model in a bounded process.
 *
 * @param seconds from the start of the process to its end
 * @param peakMib most resident memory; null where the system does not tell
 */
record Trial(double seconds, @Nullable Double peakMib, Outcome outcome) {
    sealed interface Outcome {}

    /** It answered every image with numbers. */
    record Answered(
            String model,
            int images,
            double top1,
            double top5,
            double weightedFbeta,
            double p99Ms,
            Map<String, Double> recall,
            List<List<Float>> goldenLogits)
            implements Outcome {}

    /** It did not. */
    record Failed(String reason) implements Outcome {}
}
