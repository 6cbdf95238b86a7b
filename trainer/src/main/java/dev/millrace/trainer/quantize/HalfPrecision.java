package dev.millrace.trainer.quantize;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.millrace.trainer.observe.TensorKind;
import dev.millrace.trainer.onnx.Graphs;
import dev.millrace.trainer.onnx.HalfFloat;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.Nodes;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.onnx.Tensors;
import dev.millrace.trainer.prepare.PreparedModel;
import dev.millrace.trainer.weights.FloatTensor;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Rewrites an fp32 model to float16 weights and activations, for GPUs: half the bytes, and the kernels that tensor cores run. Inputs and
 * outputs keep their types; operators that need float32, and nodes with a weight that float16 cannot hold, are put between casts. Used
 * for one model.
 */
final class HalfPrecision {
    /** Operators whose float inputs may all be float16. */
    private static final Set<String> ALL_INPUTS = Set.of(
            "Conv",
            "ConvTranspose",
            "Gemm",
            "MatMul",
            "Relu",
            "LeakyRelu",
            "Clip",
            "Add",
            "Sub",
            "Mul",
            "MaxPool",
            "AveragePool",
            "GlobalAveragePool",
            "Concat",
            "Sigmoid",
            "HardSigmoid",
            "Tanh");
    /** Operators of which only the first input is data. */
    private static final Set<String> FIRST_INPUT = Set.of(
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

    private final ModelProto model;
    private final Map<String, TensorKind> kinds;
    private final FreshNames names;
    private final GraphProto.Builder graph;
    private final Map<String, TensorProto> constants = new HashMap<>();
    private final Map<String, TensorProto> written = new LinkedHashMap<>();
    /** Tensors that exist as float16, and those that exist as float32. */
    private final Set<String> half = new HashSet<>();

    private final Set<String> whole = new HashSet<>();
    private final Map<String, String> staysFloat = new LinkedHashMap<>();

    HalfPrecision(PreparedModel prepared) {
        this.model = prepared.model();
        this.kinds = prepared.kinds();
        this.names = new FreshNames(model.getGraph());
        this.graph = model.getGraph().toBuilder().clearNode().clearInitializer();
        model.getGraph().getInitializerList().forEach(tensor -> constants.put(tensor.getName(), tensor));
    }

    /** Nodes on image data that stay in float32, and why; known once the model is made. */
    Map<String, String> staysFloat() {
        return staysFloat;
    }

    ModelProto model() {
        Set<String> needed = new HashSet<>(Graphs.outputs(model.getGraph()));
        needed.addAll(Graphs.readBySubgraphs(model.getGraph().getNodeList()));
        Graphs.inputs(model.getGraph()).forEach(input -> whole.add(input.getName()));
        for (NodeProto node : model.getGraph().getNodeList()) {
            if (runsOnHalves(node)) {
                addHalf(node, needed);
            } else {
                node.getInputList().forEach(this::needWhole);
                whole.addAll(node.getOutputList());
                graph.addNode(node);
            }
        }
        written.putAll(constants);
        Graphs.addUsed(graph, written.values());
        Map<String, String> metadata = OnnxFile.metadata(model);
        metadata.keySet().removeIf(key -> key.startsWith(ModelMetadata.METRICS));
        metadata.put(ModelMetadata.PRECISION, "fp16");
        metadata.put(ModelMetadata.QUANTIZATION, "float16 weights and activations");
        return OnnxFile.withMetadata(model.toBuilder().setGraph(graph).build(), metadata);
    }

    private boolean runsOnHalves(NodeProto node) {
        TensorKind kind = kinds.get(node.getOutput(0));
        if (kind == null || !kind.real()) {
            return false;
        }
        if (!ALL_INPUTS.contains(node.getOpType()) && !FIRST_INPUT.contains(node.getOpType())) {
            staysFloat.put(Graphs.nameOf(node), node.getOpType() + " is computed in float32");
            return false;
        }
        for (String input : data(node)) {
            TensorProto constant = constants.get(input);
            if (constant != null && !fits(constant)) {
                staysFloat.put(Graphs.nameOf(node), "a weight is larger than float16 holds");
                return false;
            }
        }
        return true;
    }

    private static List<String> data(NodeProto node) {
        return FIRST_INPUT.contains(node.getOpType()) ? List.of(node.getInput(0)) : node.getInputList();
    }

    private static boolean fits(TensorProto constant) {
        if (constant.getDataType() != DataType.FLOAT.getNumber()) {
            return false;
        }
        for (float value : Tensors.floatsOf(constant).values()) {
            if (!(Math.abs(value) <= HalfFloat.MAX)) {
                return false;
            }
        }
        return true;
    }

    private void addHalf(NodeProto node, Set<String> needed) {
        List<String> data = data(node);
        NodeProto.Builder changed = node.toBuilder().clearInput().clearOutput();
        for (int i = 0; i < node.getInputCount(); i++) {
            String input = node.getInput(i);
            boolean converted = i < data.size() && !input.isEmpty();
            if (!converted) {
                needWhole(input);
            }
            changed.addInput(converted ? halfOf(input) : input);
        }
        node.getOutputList().forEach(output -> changed.addOutput(names.of(output, "half")));
        graph.addNode(changed);
        half.addAll(node.getOutputList());
        node.getOutputList().stream().filter(needed::contains).forEach(this::needWhole);
    }

    private String halfOf(String tensor) {
        String name = names.of(tensor, "half");
        TensorProto constant = constants.get(tensor);
        if (constant != null) {
            written.computeIfAbsent(name, n -> halves(n, Tensors.floatsOf(constant)));
        } else if (half.add(tensor)) {
            graph.addNode(Nodes.node("Cast", List.of(tensor), name, Nodes.integer("to", DataType.FLOAT16.getNumber())));
        }
        return name;
    }

    private void needWhole(String tensor) {
        if (half.contains(tensor) && whole.add(tensor)) {
            graph.addNode(Nodes.node(
                            "Cast",
                            List.of(names.of(tensor, "half")),
                            tensor,
                            Nodes.integer("to", DataType.FLOAT.getNumber()))
                    .toBuilder()
                    .setName(names.of(tensor, "widened")));
        }
    }

    private static TensorProto halves(String name, FloatTensor tensor) {
        short[] bits = new short[tensor.values().length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = HalfFloat.bits(tensor.values()[i]);
        }
        return Tensors.halves(name, bits, tensor.shape());
    }
}
