package dev.millrace.trainer.quantize;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.millrace.trainer.onnx.Nodes;
import dev.millrace.trainer.onnx.Tensors;
import dev.millrace.trainer.weights.FloatTensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites an fp32 model in QDQ form: uint8 activations with one scale per tensor, int8 weights with one scale per output channel
 * (symmetric), int32 bias. ONNX Runtime's kernels for exactly this mix use the VNNI instructions.
 */
final class Quantizer {
    private static final int MIN_OPSET = 13;

    private final ModelProto model;
    private final GraphPlan plan;
    private final Map<String, TensorProto> constants = new HashMap<>();

    /**
     * Plans the rewriting.
     *
     * @throws IllegalArgumentException when the model is older than opset 13 or a graph output is read inside the graph
     */
    Quantizer(ModelProto model) {
        this.model = model;
        GraphProto graph = model.getGraph();
        long opset = model.getOpsetImportList().stream()
                .filter(set -> set.getDomain().isEmpty())
                .mapToLong(set -> set.getVersion())
                .max()
                .orElse(0);
        if (opset < MIN_OPSET) {
            throw new IllegalArgumentException(
                    "opset: %d (expected: from %d, which has per-channel scales)".formatted(opset, MIN_OPSET));
        }
        Set<String> read = graph.getNodeList().stream()
                .flatMap(node -> node.getInputList().stream())
                .collect(Collectors.toSet());
        graph.getOutputList().forEach(output -> {
            if (read.contains(output.getName())) {
                throw new IllegalArgumentException(
                        "output: %s is also read inside the graph (expected: only made)".formatted(output.getName()));
            }
        });
        graph.getInitializerList().forEach(tensor -> constants.put(tensor.getName(), tensor));
        this.plan = new GraphPlan(graph);
    }

    /** Activations whose ranges {@link #quantize} needs. */
    Set<String> measured() {
        return plan.measured;
    }

    /**
     * The model in QDQ form; metadata stays as it is.
     *
     * @param ranges of all tensors in {@link #measured()}
     */
    ModelProto quantize(Map<String, Range> ranges, WeightWidth width) {
        GraphProto.Builder graph = model.getGraph().toBuilder().clearNode().clearInitializer();
        Map<String, Range> known = new HashMap<>(ranges);
        List<TensorProto> tensors = new ArrayList<>(constants.values());
        for (String tensor : plan.quantized) {
            if (isGraphInput(tensor)) {
                addQuantization(tensor, known.get(tensor), graph, tensors);
            }
        }
        for (NodeProto node : plan.nodes) {
            Role role = plan.role(node);
            graph.addNode(role == Role.WEIGHTED ? weighted(node, known, width, graph, tensors) : redirected(node));
            String output = node.getOutput(0);
            if (role == Role.PASSING && plan.quantized.contains(output)) {
                known.put(output, rangeOf(node.getInput(0), known));
            }
            if (plan.quantized.contains(output)) {
                addQuantization(output, known.get(output), graph, tensors);
            }
        }
        Set<String> used = new HashSet<>();
        graph.getNodeList().forEach(node -> used.addAll(node.getInputList()));
        tensors.stream()
                .filter(tensor -> used.contains(tensor.getName()))
                .sorted(Comparator.comparing(TensorProto::getName))
                .forEach(graph::addInitializer);
        return model.toBuilder().setGraph(graph).build();
    }

    private NodeProto weighted(
            NodeProto node,
            Map<String, Range> known,
            WeightWidth width,
            GraphProto.Builder graph,
            List<TensorProto> tensors) {
        FloatTensor weights = Tensors.floatsOf(constant(node.getInput(1)));
        boolean transposed = node.getOpType().equals("Gemm") && Nodes.integerOf(node, "transB", 0) == 0;
        int axis = transposed ? 1 : 0;
        int channels = (int) weights.shape()[axis];
        float[] bias = node.getInputCount() > 2
                ? Tensors.floatsOf(constant(node.getInput(2))).values()
                : new float[channels];
        ChannelWeights quantized = new ChannelWeights(weights, axis, bias, inputScale(node.getInput(0), known), width);
        String name = node.getOutput(0);
        String weightName = name + "_weight";
        String biasName = name + "_bias";
        tensors.add(Tensors.bytes(weightName + "_q", DataType.INT8, quantized.weights, weights.shape()));
        tensors.add(Tensors.floats(weightName + "_scale", FloatTensor.vector(quantized.scales)));
        tensors.add(Tensors.bytes(weightName + "_zero", DataType.INT8, new byte[channels], channels));
        tensors.add(Tensors.integers(biasName + "_q", quantized.bias));
        tensors.add(Tensors.floats(biasName + "_scale", FloatTensor.vector(quantized.biasScales)));
        graph.addNode(Nodes.node(
                "DequantizeLinear",
                List.of(weightName + "_q", weightName + "_scale", weightName + "_zero"),
                weightName,
                Nodes.integer("axis", axis)));
        graph.addNode(Nodes.node(
                "DequantizeLinear", List.of(biasName + "_q", biasName + "_scale"), biasName, Nodes.integer("axis", 0)));
        return node.toBuilder()
                .clearInput()
                .addInput(dequantizedName(node.getInput(0)))
                .addInput(weightName)
                .addInput(biasName)
                .build();
    }

    private NodeProto redirected(NodeProto node) {
        List<String> inputs =
                node.getInputList().stream().map(this::dequantizedName).toList();
        return node.toBuilder().clearInput().addAllInput(inputs).build();
    }

    private void addQuantization(
            String tensor, @Nullable Range range, GraphProto.Builder graph, List<TensorProto> tensors) {
        if (range == null) {
            throw new IllegalArgumentException("ranges: none for " + tensor + " (expected: all measured tensors)");
        }
        String scale = tensor + "_scale";
        String zero = tensor + "_zero";
        tensors.add(Tensors.scalar(scale, range.scale()));
        tensors.add(Tensors.bytes(zero, DataType.UINT8, new byte[] {(byte) range.zeroPoint()}));
        graph.addNode(Nodes.node("QuantizeLinear", List.of(tensor, scale, zero), tensor + "_q"));
        graph.addNode(Nodes.node("DequantizeLinear", List.of(tensor + "_q", scale, zero), tensor + "_dq"));
    }

    private String dequantizedName(String tensor) {
        return plan.quantized.contains(tensor) ? tensor + "_dq" : tensor;
    }

    private float inputScale(String tensor, Map<String, Range> known) {
        return given(tensor)
                .map(dequantize ->
                        Tensors.floatsOf(constant(dequantize.getInput(1))).values()[0])
                .orElseGet(() -> rangeOf(tensor, known).scale());
    }

    /** What a DequantizeLinear of the fp32 model already says, in the same form as a measured range. */
    private Range rangeOf(String tensor, Map<String, Range> known) {
        Range range = known.get(tensor);
        if (range != null) {
            return range;
        }
        NodeProto dequantize =
                given(tensor).orElseThrow(() -> new IllegalArgumentException("ranges: none for " + tensor));
        float scale = Tensors.floatsOf(constant(dequantize.getInput(1))).values()[0];
        int zero = Tensors.unsignedByteOf(constant(dequantize.getInput(2)));
        return new Range(-zero * scale, (255 - zero) * scale);
    }

    private Optional<NodeProto> given(String tensor) {
        return plan.nodes.stream()
                .filter(node -> node.getOpType().equals("DequantizeLinear")
                        && node.getOutput(0).equals(tensor))
                .findFirst();
    }

    private boolean isGraphInput(String tensor) {
        return model.getGraph().getInputList().stream()
                .anyMatch(input -> input.getName().equals(tensor));
    }

    private TensorProto constant(String name) {
        TensorProto tensor = constants.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException(name + ": not a constant (expected: an initializer of the graph)");
        }
        return tensor;
    }
}
