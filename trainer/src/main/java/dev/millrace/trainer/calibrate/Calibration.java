package dev.millrace.trainer.calibrate;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.observe.ImageInput;
import dev.millrace.trainer.observe.ObservedModel;
import java.nio.FloatBuffer;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Measures the ranges of activations by running images through the fp32 model.
 *
 * @param method how a range is chosen
 * @param percentile for {@link RangeMethod#PERCENTILE}: 99.9 leaves out the lowest and the highest 0.1 percent
 */
public record Calibration(RangeMethod method, double percentile) {
    /** Minimum and maximum. */
    public static final Calibration MINMAX = new Calibration(RangeMethod.MINMAX, 100);

    public Calibration {
        if (!(percentile > 50 && percentile <= 100)) {
            throw new IllegalArgumentException("percentile: %s (expected: above 50, up to 100)".formatted(percentile));
        }
    }

    /**
     * The range of every tensor over these images.
     *
     * @throws IllegalArgumentException when the model does not run or a value is not finite
     */
    public Map<String, Range> measure(ModelProto model, ImageInput input, Set<String> tensors, LabelledImages images) {
        try (ObservedModel observed = new ObservedModel(model, input, tensors)) {
            Map<String, Range> extremes = new TreeMap<>();
            observed.run(images, (tensor, values) -> extremes.merge(tensor, extremesOf(tensor, values), Range::union));
            return method == RangeMethod.MINMAX ? extremes : chosen(observed, images, extremes);
        }
    }

    private Map<String, Range> chosen(ObservedModel observed, LabelledImages images, Map<String, Range> extremes) {
        Map<String, Histogram> histograms = new TreeMap<>();
        extremes.forEach((tensor, range) -> histograms.put(tensor, new Histogram(range)));
        observed.run(images, (tensor, values) -> {
            Histogram histogram = histograms.get(tensor);
            while (histogram != null && values.hasRemaining()) {
                histogram.add(values.get());
            }
        });
        Map<String, Range> ranges = new TreeMap<>();
        histograms.forEach((tensor, histogram) -> ranges.put(tensor, chosen(histogram)));
        return ranges;
    }

    private Range chosen(Histogram histogram) {
        return switch (method) {
            case MINMAX -> histogram.without(0);
            case PERCENTILE -> histogram.without(1 - percentile / 100);
            case ENTROPY -> histogram.leastDivergence();
            case MSE -> histogram.leastSquaredError();
        };
    }

    private static Range extremesOf(String tensor, FloatBuffer values) {
        float min = 0;
        float max = 0;
        while (values.hasRemaining()) {
            float value = values.get();
            if (!Float.isFinite(value)) {
                throw new IllegalArgumentException("%s: %s (expected: finite values)".formatted(tensor, value));
            }
            min = Math.min(min, value);
            max = Math.max(max, value);
        }
        return new Range(min, max);
    }

    @Override
    public String toString() {
        return method == RangeMethod.PERCENTILE
                ? "percentile " + percentile
                : method.name().toLowerCase(Locale.ROOT);
    }
}
