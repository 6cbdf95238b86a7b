package dev.millrace.trainer.quantize;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.millrace.trainer.calibrate.Range;
import dev.millrace.trainer.onnx.Graphs;
import dev.millrace.trainer.onnx.Nodes;
import dev.millrace.trainer.onnx.Tensors;
import dev.millrace.trainer.weights.FloatTensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites an fp32 model in QDQ form: uint8 activations with one scale per tensor, int8 weights (symmetric), int32 bias. ONNX Runtime's
 * kernels for exactly this mix use the VNNI instructions. Used for one model.
 */
final class QdqRewrite {
    private final ModelProto model;
    private final GraphPlan plan;
    private final WeightScheme scheme;
    private final Map<String, Range> ranges;
    private final FreshNames names;
    private final GraphProto.Builder graph;
    private final Map<String, TensorProto> tensors = new LinkedHashMap<>();
    /** Scale and zero point that the fp32 model itself gives: its uint8 input. */
    private final Map<String, NodeProto> given = new HashMap<>();
    /** Quantized weights by the name of the float ones and the axis, for nodes that share them. */
    private final Map<String, SharedWeights> shared = new HashMap<>();

    private record SharedWeights(String tensor, QuantizedWeights quantized) {}

    /** @param ranges of all tensors that the plan measures */
    QdqRewrite(ModelProto model, GraphPlan plan, Map<String, Range> ranges, WeightScheme scheme) {
        this.model = model;
        this.plan = plan;
        this.scheme = scheme;
        this.ranges = new HashMap<>(ranges);
        this.names = new FreshNames(model.getGraph());
        this.graph = model.getGraph().toBuilder().clearNode().clearInitializer();
        model.getGraph().getInitializerList().forEach(tensor -> tensors.put(tensor.getName(), tensor));
        for (NodeProto node : plan.nodes) {
            if (node.getOpType().equals("DequantizeLinear")) {
                given.put(node.getOutput(0), node);
            }
        }
    }

    /** The model in QDQ form; metadata stays as it is. */
    ModelProto model() {
        Set<String> inputs = new HashSet<>();
        Graphs.inputs(model.getGraph()).forEach(input -> inputs.add(input.getName()));
        for (String tensor : plan.quantized) {
            if (plan.isConstant(tensor)) {
                addConstant(tensor);
            } else if (inputs.contains(tensor)) {
                addQuantization(tensor, tensor, rangeOf(tensor));
            }
        }
        for (NodeProto node : plan.nodes) {
            add(node);
        }
        Graphs.addUsed(graph, tensors.values());
        return model.toBuilder().setGraph(graph).build();
    }

    private void add(NodeProto node) {
        Role role = plan.role(node);
        NodeProto.Builder changed = role == Role.WEIGHTED ? weighted(node) : redirected(node);
        for (int i = 0; i < node.getOutputCount(); i++) {
            String output = node.getOutput(i);
            if (plan.isPublished(output)) {
                changed.setOutput(i, names.of(output, "raw"));
            }
        }
        graph.addNode(changed);
        for (int i = 0; i < node.getOutputCount(); i++) {
            String output = node.getOutput(i);
            if (role == Role.PASSING) {
                ranges.put(output, rangeOf(node.getInput(0)));
            }
            if (plan.quantized.contains(output)) {
                addQuantization(output, changed.getOutput(i), rangeOf(output));
            }
        }
    }

    private NodeProto.Builder weighted(NodeProto node) {
        String source = node.getInput(1);
        FloatTensor weights = Tensors.floatsOf(constant(source));
        boolean columns = node.getOpType().equals("MatMul")
                || (node.getOpType().equals("Gemm") && Nodes.integerOf(node, "transB", 0) == 0);
        int axis = columns ? 1 : 0;
        boolean hasBias = node.getInputCount() > 2 && !node.getInput(2).isEmpty();
        float[] bias = hasBias ? biasOf(node, (int) weights.shape()[axis]) : new float[(int) weights.shape()[axis]];
        QuantizedWeights quantized = new QuantizedWeights(
                weights, axis, bias, rangeOf(node.getInput(0)).scale(), scheme);
        NodeProto.Builder changed = node.toBuilder()
                .clearInput()
                .addInput(dequantized(node.getInput(0)))
                .addInput(addWeights(node.getOutput(0), source, axis, weights, quantized));
        // A MatMul has no bias; a Conv or Gemm without one computes the same with zeros.
        if (!node.getOpType().equals("MatMul")) {
            changed.addInput(addBias(node.getOutput(0), quantized));
        }
        return changed;
    }

    private float[] biasOf(NodeProto node, int channels) {
        float[] bias = Tensors.floatsOf(constant(node.getInput(2))).values();
        if (bias.length == channels) {
            return bias;
        }
        float[] broadcast = new float[channels];
        Arrays.fill(broadcast, bias[0]);
        return broadcast;
    }

    private String addWeights(String node, String source, int axis, FloatTensor weights, QuantizedWeights quantized) {
        String key = source + " " + axis;
        SharedWeights earlier = shared.get(key);
        if (earlier != null && Arrays.equals(earlier.quantized().scales, quantized.scales)) {
            return earlier.tensor();
        }
        String name = names.of(node, "weight");
        put(Tensors.bytes(names.of(name, "q"), DataType.INT8, quantized.weights, weights.shape()));
        put(scales(names.of(name, "scale"), quantized.scales));
        put(Tensors.bytes(
                names.of(name, "zero"),
                DataType.INT8,
                new byte[quantized.scales.length],
                dimensions(quantized.scales)));
        addDequantize(List.of(names.of(name, "q"), names.of(name, "scale"), names.of(name, "zero")), name, axis);
        shared.put(key, new SharedWeights(name, quantized));
        return name;
    }

    private String addBias(String node, QuantizedWeights quantized) {
        String name = names.of(node, "bias");
        put(Tensors.integers(names.of(name, "q"), quantized.bias));
        put(scales(names.of(name, "scale"), quantized.biasScales));
        addDequantize(List.of(names.of(name, "q"), names.of(name, "scale")), name, 0);
        return name;
    }

    private TensorProto scales(String name, float[] scales) {
        return Tensors.floats(name, new FloatTensor(dimensions(scales), scales));
    }

    /** One scale for all has no dimension. */
    private long[] dimensions(float[] scales) {
        return scheme.perChannel() ? new long[] {scales.length} : new long[0];
    }

    private void addDequantize(List<String> inputs, String output, int axis) {
        graph.addNode(
                scheme.perChannel()
                        ? Nodes.node("DequantizeLinear", inputs, output, Nodes.integer("axis", axis))
                        : Nodes.node("DequantizeLinear", inputs, output));
    }

    private void addConstant(String name) {
        FloatTensor values = Tensors.floatsOf(constant(name));
        Range range = Range.of(values);
        byte[] quantized = new byte[values.values().length];
        for (int i = 0; i < quantized.length; i++) {
            int at = Math.round(values.values()[i] / range.scale()) + range.zeroPoint();
            quantized[i] = (byte) Math.max(0, Math.min(255, at));
        }
        put(Tensors.bytes(names.of(name, "q"), DataType.UINT8, quantized, values.shape()));
        addScale(name, range);
        graph.addNode(Nodes.node(
                "DequantizeLinear",
                List.of(names.of(name, "q"), names.of(name, "scale"), names.of(name, "zero")),
                dequantized(name)));
    }

    /** What float nodes and integer nodes alike read instead of the tensor that a node wrote as {@code written}. */
    private void addQuantization(String tensor, String written, Range range) {
        addScale(tensor, range);
        String scale = names.of(tensor, "scale");
        String zero = names.of(tensor, "zero");
        graph.addNode(Nodes.node("QuantizeLinear", List.of(written, scale, zero), names.of(tensor, "q")));
        // Named apart from its output, which may have the name of the node that made it.
        graph.addNode(
                Nodes.node("DequantizeLinear", List.of(names.of(tensor, "q"), scale, zero), dequantized(tensor))
                        .toBuilder()
                        .setName(names.of(tensor, "dequantize")));
    }

    private void addScale(String tensor, Range range) {
        put(Tensors.scalar(names.of(tensor, "scale"), range.scale()));
        put(Tensors.bytes(names.of(tensor, "zero"), DataType.UINT8, new byte[] {(byte) range.zeroPoint()}));
    }

    private NodeProto.Builder redirected(NodeProto node) {
        NodeProto.Builder changed = node.toBuilder().clearInput();
        node.getInputList().forEach(input -> changed.addInput(dequantized(input)));
        return changed;
    }

    /** The name under which the tensor is read once it has been quantized. */
    private String dequantized(String tensor) {
        return plan.quantized.contains(tensor) ? names.dequantized(plan, tensor) : tensor;
    }

    private Range rangeOf(String tensor) {
        Range range = ranges.get(tensor);
        if (range != null) {
            return range;
        }
        NodeProto dequantize = given.get(tensor);
        if (dequantize == null) {
            throw new IllegalArgumentException("ranges: none for " + tensor + " (expected: all measured tensors)");
        }
        float scale = Tensors.floatsOf(constant(dequantize.getInput(1))).values()[0];
        int zero = Tensors.unsignedByteOf(constant(dequantize.getInput(2)));
        return new Range(-zero * scale, (255 - zero) * scale);
    }

    private void put(TensorProto tensor) {
        tensors.put(tensor.getName(), tensor);
    }

    private TensorProto constant(String name) {
        @Nullable TensorProto tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException(name + ": not a constant (expected: an initializer of the graph)");
        }
        return tensor;
    }
}
