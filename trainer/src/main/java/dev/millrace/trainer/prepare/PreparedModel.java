package dev.millrace.trainer.prepare;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.observe.GraphFolding;
import dev.millrace.trainer.observe.ImageInput;
import dev.millrace.trainer.observe.ObservedModel;
import dev.millrace.trainer.observe.ServedModel;
import dev.millrace.trainer.observe.TensorKind;
import dev.millrace.trainer.onnx.Graphs;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * An fp32 model that is ready to be rewritten.
 *
 * @param model with constant weights, folded, opset 13 or newer
 * @param input how images go in
 * @param kinds of its tensors
 * @param opsetBefore of the model that it was made of
 * @param largestDifference between the outputs of both models over a few images
 */
public record PreparedModel(
        ModelProto model, ImageInput input, Map<String, TensorKind> kinds, long opsetBefore, double largestDifference) {
    private static final int CHECKED_IMAGES = 4;
    /** Of the largest output: other orders of adding up differ by about a millionth. */
    private static final double TOLERANCE = 1e-4;

    private static final Set<String> INTEGER_OPERATORS = Set.of(
            "QuantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger");

    /**
     * Prepares a model and compares the result with it.
     *
     * @param images a few real ones
     * @throws IllegalArgumentException when the model is not fp32, does not run, or would not compute the same
     */
    public static PreparedModel of(ModelProto model, ImageInput input, LabelledImages images) throws IOException {
        check(model);
        ModelProto folded = GraphFolding.fold(withConstantWeights(model));
        LabelledImages few = images.first(CHECKED_IMAGES);
        ModelProto upgraded = OpsetUpgrade.isNeeded(folded)
                ? OpsetUpgrade.upgrade(folded, ObservedModel.kinds(folded, input, few))
                : folded;
        double difference = largestDifference(model, upgraded, input, few);
        if (!(difference <= TOLERANCE)) {
            throw new IllegalArgumentException(
                    "model: brought from opset %d to %d, an output differs by %.1e of the largest (expected: at most %.0e)"
                            .formatted(Graphs.opset(model), Graphs.opset(upgraded), difference, TOLERANCE));
        }
        return new PreparedModel(
                upgraded, input, ObservedModel.kinds(upgraded, input, few), Graphs.opset(model), difference);
    }

    private static void check(ModelProto model) {
        GraphProto graph = model.getGraph();
        for (TensorProto tensor : graph.getInitializerList()) {
            if (tensor.getExternalDataCount() > 0) {
                throw new IllegalArgumentException(
                        "tensor %s: kept in another file (expected: all weights in the model file)"
                                .formatted(tensor.getName()));
            }
        }
        for (NodeProto node : graph.getNodeList()) {
            if (INTEGER_OPERATORS.contains(node.getOpType())) {
                throw new IllegalArgumentException("%s: %s (expected: an fp32 model, not one that is quantized already)"
                        .formatted(Graphs.nameOf(node), node.getOpType()));
            }
        }
    }

    /**
     * Before IR version 4 every weight had to be listed as a graph input, too, with which a caller may replace it: nothing that depends
     * on it can be folded.
     */
    private static ModelProto withConstantWeights(ModelProto model) {
        GraphProto.Builder graph = model.getGraph().toBuilder().clearInput();
        Graphs.inputs(model.getGraph()).forEach(graph::addInput);
        return model.toBuilder()
                .setIrVersion(Math.max(4, model.getIrVersion()))
                .setGraph(graph)
                .build();
    }

    private static double largestDifference(
            ModelProto before, ModelProto after, ImageInput input, LabelledImages images) {
        double[] largest = {0, Float.MIN_NORMAL};
        try (ServedModel expected = new ServedModel(before, input);
                ServedModel actual = new ServedModel(after, input)) {
            expected.run(images, (from, outputs) -> {
                Map<String, float[]> found = new TreeMap<>(actual.outputs(images, from));
                outputs.forEach((name, values) -> {
                    float[] others = found.getOrDefault(name, new float[0]);
                    if (others.length != values.length) {
                        throw new IllegalArgumentException("output %s: %d values (expected: %d, as before)"
                                .formatted(name, others.length, values.length));
                    }
                    for (int i = 0; i < values.length; i++) {
                        largest[0] = Math.max(largest[0], Math.abs((double) values[i] - others[i]));
                        largest[1] = Math.max(largest[1], Math.abs(values[i]));
                    }
                });
            });
        }
        return largest[0] / largest[1];
    }
}
