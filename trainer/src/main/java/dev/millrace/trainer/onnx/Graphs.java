package dev.millrace.trainer.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Answers questions about ONNX graphs, and declares their inputs and outputs. */
public final class Graphs {
    private Graphs() {}

    /** The version of ONNX's own operators that the model was written for; 0 where it names none. */
    public static long opset(ModelProto model) {
        return model.getOpsetImportList().stream()
                .filter(set -> set.getDomain().isEmpty() || set.getDomain().equals("ai.onnx"))
                .mapToLong(OperatorSetIdProto::getVersion)
                .max()
                .orElse(0);
    }

    /** Declares an input or output: a tensor of as many images, dimension {@code n}, as a caller gives. */
    public static ValueInfoProto batch(String name, DataType type, long... dimensionsOfOne) {
        TensorShapeProto.Builder shape =
                TensorShapeProto.newBuilder().addDim(Dimension.newBuilder().setDimParam("n"));
        for (long dimension : dimensionsOfOne) {
            shape.addDim(Dimension.newBuilder().setDimValue(dimension));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(type.getNumber())
                                .setShape(shape)))
                .build();
    }

    /** Inputs that a caller has to give: those that have no initial value. */
    public static List<ValueInfoProto> inputs(GraphProto graph) {
        Set<String> constants = constants(graph);
        return graph.getInputList().stream()
                .filter(input -> !constants.contains(input.getName()))
                .toList();
    }

    /** Names of the tensors whose values are in the file. */
    public static Set<String> constants(GraphProto graph) {
        return graph.getInitializerList().stream().map(TensorProto::getName).collect(Collectors.toSet());
    }

    /** Names of the graph's outputs, in order. */
    public static Set<String> outputs(GraphProto graph) {
        return graph.getOutputList().stream()
                .map(ValueInfoProto::getName)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Subgraphs of a node: the branches of If, the bodies of Loop and Scan. */
    public static List<GraphProto> subgraphs(NodeProto node) {
        return node.getAttributeList().stream()
                .filter(AttributeProto::hasG)
                .map(AttributeProto::getG)
                .toList();
    }

    /** Tensors that subgraphs of these nodes read, at any depth; some of them may be made inside. */
    public static Set<String> readBySubgraphs(List<NodeProto> nodes) {
        Set<String> read = new HashSet<>();
        for (NodeProto node : nodes) {
            for (GraphProto subgraph : subgraphs(node)) {
                subgraph.getNodeList().forEach(inner -> read.addAll(inner.getInputList()));
                read.addAll(outputs(subgraph));
                read.addAll(readBySubgraphs(subgraph.getNodeList()));
            }
        }
        return read;
    }

    /** What people call a node: its name, or its first output where it has none. */
    public static String nameOf(NodeProto node) {
        return node.getName().isEmpty() ? node.getOutput(0) : node.getName();
    }

    /** Adds those of the tensors, sorted by name, that a node, a subgraph or an output of the graph reads. */
    public static void addUsed(GraphProto.Builder graph, Collection<TensorProto> tensors) {
        Set<String> used = readBySubgraphs(graph.getNodeList());
        graph.getNodeList().forEach(node -> used.addAll(node.getInputList()));
        graph.getOutputList().forEach(output -> used.add(output.getName()));
        tensors.stream()
                .filter(tensor -> used.contains(tensor.getName()))
                .sorted(Comparator.comparing(TensorProto::getName))
                .forEach(graph::addInitializer);
    }
}
