package dev.millrace.trainer.quantize;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Which nodes cost the most: each is quantized alone, all others staying in float, and the noise at the outputs is measured. */
final class Sensitivity {
    private Sensitivity() {}

    /**
     * The nodes that can be kept in float, the most costly first.
     *
     * @param few images that are enough to tell noise, such as 16
     * @param progress told each node's name when it is done
     * @return signal to noise of the worst output with only this node quantized, in decibels, by node name
     */
    static Map<String, Double> measure(
            CalibratedModel calibrated, WeightScheme scheme, Reference few, Consumer<String> progress) {
        Map<String, Double> decibels = new HashMap<>();
        for (String node : calibrated.plan(Map.of()).integer) {
            decibels.put(
                    node, few.compare(calibrated.onlyQuantizing(node, scheme)).sqnrDb());
            progress.accept(node);
        }
        Map<String, Double> ordered = new LinkedHashMap<>();
        List<Map.Entry<String, Double>> sorted = decibels.entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
                .toList();
        sorted.forEach(entry -> ordered.put(entry.getKey(), entry.getValue()));
        return ordered;
    }
}
