package dev.millrace.trainer.quantize;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.calibrate.Calibration;
import dev.millrace.trainer.calibrate.Range;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.prepare.PreparedModel;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** An fp32 model whose ranges were measured once, from which int8 models are made. */
final class CalibratedModel {
    private final PreparedModel prepared;
    private final Operators operators;
    private final Map<String, Range> ranges;
    private final String calibration;

    /** Measures the ranges of all activations that could become integer. */
    CalibratedModel(PreparedModel prepared, Calibration calibration, LabelledImages images) {
        this.prepared = prepared;
        this.operators = new Operators(prepared.model().getGraph(), prepared.kinds());
        GraphPlan plan = plan(Map.of());
        if (plan.integer.isEmpty()) {
            throw new IllegalArgumentException(
                    "model: no operator that runs on integers (expected: Conv, Gemm or MatMul with constant weights);"
                            + " float: " + plan.staysFloat);
        }
        Set<String> activations = new TreeSet<>(plan.quantized);
        activations.removeIf(plan::isConstant);
        this.ranges = calibration.measure(prepared.model(), prepared.input(), activations, images);
        this.calibration = String.format(Locale.ROOT, "%d images, %s", images.size(), calibration);
    }

    /** What becomes integer where these nodes are kept from it. */
    GraphPlan plan(Map<String, String> keep) {
        return new GraphPlan(prepared.model().getGraph(), operators, keep);
    }

    /** A model in which no node but this one is quantized, to see what it costs; not one to serve. */
    ModelProto onlyQuantizing(String node, WeightScheme scheme) {
        Map<String, String> others = new HashMap<>();
        everywhere(Map.of()).integer.stream()
                .filter(other -> !other.equals(node))
                .forEach(other -> others.put(other, "not this one"));
        return new QdqRewrite(prepared.model(), everywhere(others), ranges, scheme).model();
    }

    private GraphPlan everywhere(Map<String, String> keep) {
        return new GraphPlan(prepared.model().getGraph(), operators, keep, false);
    }

    /** The int8 model; its metadata says how it was made. Figures measured on the fp32 model are left out. */
    ModelProto model(WeightScheme scheme, Map<String, String> keep) {
        Map<String, String> metadata = OnnxFile.metadata(prepared.model());
        metadata.keySet().removeIf(key -> key.startsWith(ModelMetadata.METRICS));
        metadata.put(ModelMetadata.PRECISION, "int8");
        metadata.put(
                ModelMetadata.QUANTIZATION,
                "static QDQ, uint8 activations, %s weights, %s%s"
                        .formatted(
                                scheme,
                                calibration,
                                keep.isEmpty() ? "" : ", %d nodes kept in fp32".formatted(keep.size())));
        ModelProto rewritten = new QdqRewrite(prepared.model(), plan(keep), ranges, scheme).model();
        return OnnxFile.withMetadata(rewritten, metadata);
    }
}
