package dev.millrace.trainer.quantize;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.millrace.trainer.onnx.Nodes;
import java.util.Set;
import java.util.stream.Collectors;

/** What the quantizer does with a node, by its operator. Anything else stays in float. */
enum Role {
    /** Has constant weights and runs on integers: Conv, Gemm. */
    WEIGHTED,
    /** Runs on integers without weights and needs a range of its own: Add of two activations, GlobalAveragePool. */
    JOINING,
    /** Moves or picks values without changing them, so that its output has its input's scale. */
    PASSING,
    FLOAT;

    private static final Set<String> PASSING_OPERATORS =
            Set.of("MaxPool", "Flatten", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Slice", "Gather");

    static Role of(NodeProto node, GraphProto graph) {
        Set<String> constants = graph.getInitializerList().stream()
                .map(tensor -> tensor.getName())
                .collect(Collectors.toSet());
        return switch (node.getOpType()) {
            case "Conv" -> constants.contains(node.getInput(1)) ? WEIGHTED : FLOAT;
            case "Gemm" -> constants.contains(node.getInput(1)) && isPlainGemm(node) ? WEIGHTED : FLOAT;
            case "Add" -> node.getInputList().stream().noneMatch(constants::contains) ? JOINING : FLOAT;
            case "GlobalAveragePool" -> JOINING;
            default -> PASSING_OPERATORS.contains(node.getOpType()) ? PASSING : FLOAT;
        };
    }

    private static boolean isPlainGemm(NodeProto gemm) {
        return Nodes.integerOf(gemm, "transA", 0) == 0
                && Nodes.realOf(gemm, "alpha", 1) == 1
                && Nodes.realOf(gemm, "beta", 1) == 1;
    }
}
