package dev.millrace.trainer.quantize;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.millrace.trainer.observe.TensorKind;
import dev.millrace.trainer.onnx.Graphs;
import dev.millrace.trainer.onnx.Nodes;
import dev.millrace.trainer.onnx.Tensors;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which nodes of one graph can run on integers, by their operator and what they read: those for which ONNX Runtime fuses a node between
 * DequantizeLinear and QuantizeLinear into an integer kernel on CPUs.
 */
final class Operators {
    private static final Set<String> PASSING = Set.of(
            "MaxPool",
            "Flatten",
            "Reshape",
            "Transpose",
            "Squeeze",
            "Unsqueeze",
            "Slice",
            "Gather",
            "Split",
            "Resize",
            "DepthToSpace");
    private static final Set<String> JOINING =
            Set.of("Add", "Mul", "Concat", "GlobalAveragePool", "AveragePool", "Sigmoid", "LeakyRelu");

    private final Map<String, TensorProto> constants = new HashMap<>();
    private final Map<String, TensorKind> kinds;
    /** Constants of float32 without infinity or NaN. Looked through once: weights are many, and plans are made by the dozen. */
    private final Set<String> finite = new HashSet<>();

    /** @param kinds of the tensors that nodes make */
    Operators(GraphProto graph, Map<String, TensorKind> kinds) {
        for (TensorProto tensor : graph.getInitializerList()) {
            constants.put(tensor.getName(), tensor);
            if (isFinite(tensor)) {
                finite.add(tensor.getName());
            }
        }
        this.kinds = kinds;
    }

    /**
     * A role, or why it is {@link Role#FLOAT}.
     *
     * @param reason empty for the other roles, and where nobody would ask: the node handles no image data
     */
    record Answer(Role role, String reason) {
        private static Answer of(Role role) {
            return new Answer(role, "");
        }

        private static Answer stays(String reason) {
            return new Answer(Role.FLOAT, reason);
        }
    }

    Answer answer(NodeProto node) {
        if (!node.getDomain().isEmpty() && !node.getDomain().equals("ai.onnx")) {
            return Answer.stays("operator of domain " + node.getDomain());
        }
        if (!Graphs.subgraphs(node).isEmpty()) {
            return Answer.stays("holds a subgraph");
        }
        if (!isReal(node.getOutput(0))) {
            return Answer.of(Role.FLOAT);
        }
        String operator = node.getOpType();
        return switch (operator) {
            case "Conv" ->
                weighted(node, bias(node) && rankOf(node.getInput(1)) == 4, "weights or bias are no constants");
            case "Gemm" ->
                weighted(node, isPlainGemm(node), "alpha, beta, transA or a bias that is no constant vector");
            case "MatMul" -> weighted(node, rankOf(node.getInput(1)) == 2, "its second factor is no constant matrix");
            case "DequantizeLinear" -> Answer.of(Role.FLOAT);
            default -> {
                if (JOINING.contains(operator)) {
                    yield joining(node);
                }
                if (PASSING.contains(operator)) {
                    yield passing(node);
                }
                yield Answer.stays("no integer kernel for " + operator);
            }
        };
    }

    /** Rectifiers up to some value: a uint8 whose zero point is 0 clips at 0 for free, and at the top where its range ends. */
    boolean isRectifier(NodeProto node) {
        if (node.getOpType().equals("Relu")) {
            return true;
        }
        return node.getOpType().equals("Clip")
                && node.getInputCount() > 1
                && valueOf(node.getInput(1)) == 0
                && (node.getInputCount() < 3 || node.getInput(2).isEmpty() || valueOf(node.getInput(2)) > 0);
    }

    boolean isConstant(String tensor) {
        return constants.containsKey(tensor);
    }

    private static Answer weighted(NodeProto node, boolean supported, String reason) {
        return supported ? Answer.of(Role.WEIGHTED) : Answer.stays(node.getOpType() + ": " + reason);
    }

    private Answer joining(NodeProto node) {
        long activations =
                node.getInputList().stream().filter(input -> !isConstant(input)).count();
        boolean realConstants =
                node.getInputList().stream().allMatch(input -> !isConstant(input) || finite.contains(input));
        if (activations == 0 || !realConstants) {
            return Answer.stays(node.getOpType() + ": a constant operand that is not finite float32");
        }
        return Answer.of(Role.JOINING);
    }

    private static Answer passing(NodeProto node) {
        boolean indices = node.getOpType().equals("MaxPool") && node.getOutputCount() > 1;
        boolean overshoots = node.getOpType().equals("Resize")
                && Nodes.textOf(node, "mode", "nearest").equals("cubic");
        return indices || overshoots
                ? Answer.stays(node.getOpType() + (indices ? ": gives indices" : ": cubic"))
                : Answer.of(Role.PASSING);
    }

    private boolean isReal(String tensor) {
        TensorKind kind = kinds.get(tensor);
        return kind != null && kind.real();
    }

    private boolean bias(NodeProto node) {
        return node.getInputCount() < 3 || node.getInput(2).isEmpty() || rankOf(node.getInput(2)) == 1;
    }

    private boolean isPlainGemm(NodeProto gemm) {
        return Nodes.integerOf(gemm, "transA", 0) == 0
                && Nodes.realOf(gemm, "alpha", 1) == 1
                && Nodes.realOf(gemm, "beta", 1) == 1
                && rankOf(gemm.getInput(1)) == 2
                && bias(gemm);
    }

    /** -1: no float constant. */
    private int rankOf(String tensor) {
        TensorProto constant = constants.get(tensor);
        return constant != null && finite.contains(tensor) ? constant.getDimsCount() : -1;
    }

    private static boolean isFinite(TensorProto constant) {
        if (constant.getDataType() != TensorProto.DataType.FLOAT.getNumber()) {
            return false;
        }
        for (float value : Tensors.floatsOf(constant).values()) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    private float valueOf(String tensor) {
        TensorProto constant = constants.get(tensor);
        boolean one = constant != null
                && isFinite(constant)
                && Tensors.floatsOf(constant).values().length == 1;
        return one && constant != null ? Tensors.floatsOf(constant).values()[0] : Float.NaN;
    }

    /** Operands that carry image data: not weights, shapes or indices. */
    List<String> activations(NodeProto node, Role role) {
        return role == Role.JOINING ? node.getInputList() : List.of(node.getInput(0));
    }
}
