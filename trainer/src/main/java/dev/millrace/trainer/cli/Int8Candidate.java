package dev.millrace.trainer.cli;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.Split;
import dev.millrace.trainer.evaluate.Evaluation;
import dev.millrace.trainer.evaluate.Evaluator;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.quantize.Int8Quantization;
import dev.millrace.trainer.quantize.WeightWidth;
import dev.millrace.worker.model.ModelRefusedException;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;

/** An int8 model and how it does on the validation images beside the fp32 model it was made of. */
record Int8Candidate(ModelProto model, Report report) {
    /**
     * Figures on the validation images.
     *
     * @param weights bits of the weights, such as {@code 7-bit}
     */
    record Report(String weights, Evaluation fp32, Evaluation int8) {}

    /** Calibrates on the first training images, makes both weight widths and chooses one on the validation images. */
    static Int8Candidate best(ModelProto fp32, Dataset data, int images, double percentile)
            throws IOException, ModelRefusedException {
        Int8Quantization quantization =
                new Int8Quantization(fp32, data.images(Split.TRAIN).first(images), percentile);
        Evaluator evaluator = new Evaluator(data.images(Split.VALIDATION), data.classes());
        ModelProto seven = quantization.model(WeightWidth.SEVEN_BITS);
        ModelProto eight = quantization.model(WeightWidth.EIGHT_BITS);
        Evaluation ofSeven = evaluator.evaluate(seven.toByteArray());
        Evaluation ofEight = evaluator.evaluate(eight.toByteArray());
        WeightWidth width = WeightWidth.choose(ofSeven.top1(), ofEight.top1());
        Evaluation chosen = width == WeightWidth.SEVEN_BITS ? ofSeven : ofEight;
        return new Int8Candidate(
                withTop1(width == WeightWidth.SEVEN_BITS ? seven : eight, chosen.top1()),
                new Report(width.toString(), evaluator.evaluate(fp32.toByteArray()), chosen));
    }

    private static ModelProto withTop1(ModelProto model, double top1) {
        Map<String, String> metadata = OnnxFile.metadata(model);
        metadata.put(ModelMetadata.METRICS + "top1.validation", String.format(Locale.ROOT, "%.4f", top1));
        return OnnxFile.withMetadata(model, metadata);
    }
}
