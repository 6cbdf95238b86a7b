package dev.millrace.trainer.quantize;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.OnnxFile;
import java.util.Locale;
import java.util.Map;

/** An fp32 model, calibrated once, from which int8 models are made. */
public final class Int8Quantization {
    private final ModelProto fp32;
    private final Quantizer quantizer;
    private final Map<String, Range> ranges;
    private final String calibration;

    /**
     * Measures the ranges of all activations.
     *
     * @param images training images, of the shape that the model takes
     * @param percentile 100: minimum and maximum; less: cut that share off at either end
     * @throws IllegalArgumentException when the model is not fp32 or cannot be quantized
     */
    public Int8Quantization(ModelProto fp32, LabelledImages images, double percentile) {
        String precision = OnnxFile.metadata(fp32).getOrDefault(ModelMetadata.PRECISION, "fp32");
        if (!precision.equals("fp32")) {
            throw new IllegalArgumentException("%s: %s (expected: fp32)".formatted(ModelMetadata.PRECISION, precision));
        }
        this.fp32 = fp32;
        this.quantizer = new Quantizer(fp32);
        this.ranges = new Calibration(percentile).measure(fp32, quantizer.measured(), images);
        this.calibration = String.format(Locale.ROOT, "%d training images, percentile %s", images.size(), percentile);
    }

    /** The int8 model; its metadata says how it was made. Figures measured on the fp32 model are left out. */
    public ModelProto model(WeightWidth width) {
        Map<String, String> metadata = OnnxFile.metadata(fp32);
        metadata.keySet().removeIf(key -> key.startsWith(ModelMetadata.METRICS));
        metadata.put(ModelMetadata.PRECISION, "int8");
        metadata.put(
                ModelMetadata.QUANTIZATION,
                "static QDQ, uint8 activations, %s per-channel weights, %s".formatted(width, calibration));
        return OnnxFile.withMetadata(quantizer.quantize(ranges, width), metadata);
    }
}
