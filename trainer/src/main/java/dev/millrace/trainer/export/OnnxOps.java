package dev.millrace.trainer.export;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.millrace.trainer.net.Op;
import dev.millrace.trainer.net.Padding;
import dev.millrace.trainer.onnx.Nodes;
import dev.millrace.trainer.onnx.Tensors;
import dev.millrace.trainer.weights.FloatTensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What each operation of a network is in ONNX; adds nodes and initializers to the graph. A convolution is held back until its batch norm
 * comes, and the two become one Conv with bias.
 */
final class OnnxOps implements Op.Visitor<GraphProto.Builder> {
    private final GraphProto.Builder graph;
    private final Map<String, FloatTensor> weights;
    private final Map<String, Op.Conv> heldBack = new HashMap<>();

    OnnxOps(GraphProto.Builder graph, Map<String, FloatTensor> weights) {
        this.graph = graph;
        this.weights = weights;
    }

    @Override
    public GraphProto.Builder channelAffine(Op.ChannelAffine op) {
        String factors = op.name() + "_factors";
        String offsets = op.name() + "_offsets";
        String scaled = op.name() + "_scaled";
        graph.addInitializer(Tensors.floats(factors, FloatTensor.perChannel(op.factors())));
        graph.addInitializer(Tensors.floats(offsets, FloatTensor.perChannel(op.offsets())));
        add(Nodes.node("Mul", List.of(op.input(), factors), scaled));
        return add(Nodes.node("Add", List.of(scaled, offsets), op.name()));
    }

    @Override
    public GraphProto.Builder conv(Op.Conv op) {
        heldBack.put(op.name(), op);
        return graph;
    }

    /**
     * With {@code g = weight / sqrt(variance + epsilon)} per channel: weights times g, and bias - mean x g as the bias.
     */
    @Override
    public GraphProto.Builder batchNorm(Op.BatchNorm op) {
        Op.Conv conv = heldBack.remove(op.input());
        if (conv == null) {
            throw new IllegalArgumentException(
                    "%s: reads %s (expected: a convolution that nothing else reads)".formatted(op.name(), op.input()));
        }
        float[] scale = weight(op.weight()).values();
        float[] shift = weight(op.bias()).values();
        float[] mean = weight(op.runningMean()).values();
        float[] variance = weight(op.runningVariance()).values();
        FloatTensor kernels = weight(conv.weight());
        float[] folded = kernels.values().clone();
        float[] bias = new float[op.channels()];
        int perChannel = folded.length / op.channels();
        for (int c = 0; c < op.channels(); c++) {
            double gain = scale[c] / Math.sqrt(variance[c] + op.epsilon());
            bias[c] = (float) (shift[c] - mean[c] * gain);
            for (int i = c * perChannel; i < (c + 1) * perChannel; i++) {
                folded[i] = (float) (folded[i] * gain);
            }
        }
        graph.addInitializer(Tensors.floats(conv.weight(), new FloatTensor(kernels.shape(), folded)));
        graph.addInitializer(Tensors.floats(op.bias(), FloatTensor.vector(bias)));
        Padding padding = conv.padding();
        return add(Nodes.node(
                "Conv",
                List.of(conv.input(), conv.weight(), op.bias()),
                op.name(),
                Nodes.integers("kernel_shape", conv.kernel(), conv.kernel()),
                Nodes.integers("strides", conv.stride(), conv.stride()),
                Nodes.integers("pads", padding.top(), padding.left(), padding.bottom(), padding.right()),
                Nodes.integer("group", conv.groups())));
    }

    @Override
    public GraphProto.Builder relu(Op.Relu op) {
        return add(Nodes.node("Relu", op.inputs(), op.name()));
    }

    @Override
    public GraphProto.Builder relu6(Op.Relu6 op) {
        String least = op.name() + "_min";
        String most = op.name() + "_max";
        graph.addInitializer(Tensors.scalar(least, 0));
        graph.addInitializer(Tensors.scalar(most, 6));
        return add(Nodes.node("Clip", List.of(op.input(), least, most), op.name()));
    }

    @Override
    public GraphProto.Builder maxPool(Op.MaxPool op) {
        return add(Nodes.node(
                "MaxPool",
                op.inputs(),
                op.name(),
                Nodes.integers("kernel_shape", op.kernel(), op.kernel()),
                Nodes.integers("strides", op.stride(), op.stride()),
                Nodes.integers("pads", op.padding(), op.padding(), op.padding(), op.padding())));
    }

    @Override
    public GraphProto.Builder add(Op.Add op) {
        return add(Nodes.node("Add", op.inputs(), op.name()));
    }

    @Override
    public GraphProto.Builder globalAveragePool(Op.GlobalAveragePool op) {
        String mean = op.name() + "_mean";
        add(Nodes.node("GlobalAveragePool", op.inputs(), mean));
        return add(Nodes.node("Flatten", List.of(mean), op.name(), Nodes.integer("axis", 1)));
    }

    @Override
    public GraphProto.Builder linear(Op.Linear op) {
        graph.addInitializer(Tensors.floats(op.weight(), weight(op.weight())));
        graph.addInitializer(Tensors.floats(op.bias(), weight(op.bias())));
        return add(
                Nodes.node("Gemm", List.of(op.input(), op.weight(), op.bias()), op.name(), Nodes.integer("transB", 1)));
    }

    private GraphProto.Builder add(NodeProto node) {
        for (String input : node.getInputList()) {
            if (heldBack.containsKey(input)) {
                throw new IllegalArgumentException(
                        "%s: reads %s (expected: a batch norm after it)".formatted(node.getName(), input));
            }
        }
        return graph.addNode(node);
    }

    private FloatTensor weight(String name) {
        FloatTensor weight = weights.get(name);
        if (weight == null) {
            throw new IllegalArgumentException("weights: no " + name + " (expected: all of the network's)");
        }
        return weight;
    }
}
