package dev.millrace.trainer.quantize;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.observe.ObservedModel;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Measures the ranges of activations by running images through the fp32 model: minimum and maximum, or the interval that leaves out a
 * given share of the values at either end.
 */
final class Calibration {
    private final double percentile;

    /** 100: minimum and maximum. 99.9: without the lowest and the highest 0.1 percent. */
    Calibration(double percentile) {
        if (!(percentile > 50 && percentile <= 100)) {
            throw new IllegalArgumentException("percentile: %s (expected: above 50, up to 100)".formatted(percentile));
        }
        this.percentile = percentile;
    }

    /** The range of every tensor over these images. */
    Map<String, Range> measure(ModelProto model, Set<String> tensors, LabelledImages images) {
        try (ObservedModel observed = new ObservedModel(model, tensors)) {
            Map<String, Range> extremes = new TreeMap<>();
            observed.run(images, (tensor, values) -> extremes.merge(tensor, extremesOf(values), Range::union));
            return percentile == 100 ? extremes : cut(observed, images, extremes);
        }
    }

    private Map<String, Range> cut(ObservedModel observed, LabelledImages images, Map<String, Range> extremes) {
        Map<String, Histogram> histograms = new TreeMap<>();
        extremes.forEach((tensor, range) -> histograms.put(tensor, new Histogram(range)));
        observed.run(images, (tensor, values) -> {
            Histogram histogram = histograms.get(tensor);
            while (histogram != null && values.hasRemaining()) {
                histogram.add(values.get());
            }
        });
        Map<String, Range> ranges = new TreeMap<>();
        histograms.forEach((tensor, histogram) -> ranges.put(tensor, histogram.without(1 - percentile / 100)));
        return ranges;
    }

    private static Range extremesOf(FloatBuffer values) {
        float min = 0;
        float max = 0;
        while (values.hasRemaining()) {
            float value = values.get();
            min = Math.min(min, value);
            max = Math.max(max, value);
        }
        return new Range(min, max);
    }
}
