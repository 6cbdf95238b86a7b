package dev.millrace.trainer.prepare;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import dev.millrace.trainer.observe.TensorKind;
import dev.millrace.trainer.onnx.Graphs;
import dev.millrace.trainer.onnx.Nodes;
import dev.millrace.trainer.onnx.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Rewrites a model of opset 9 to 12 for opset 13, the first that has scales per channel: what were attributes become inputs, Upsample
 * becomes Resize, and a softmax over several axes is spelled out. By ONNX's change log of its operators.
 *
 * @see <a href="https://github.com/onnx/onnx/blob/main/docs/Changelog.md">ONNX operator change log</a>
 */
final class OpsetUpgrade {
    static final int OLDEST = 9;
    static final int TARGET = 13;
    private static final int IR_VERSION = 7;

    private final long opset;
    private final Map<String, TensorKind> kinds;

    private OpsetUpgrade(long opset, Map<String, TensorKind> kinds) {
        this.opset = opset;
        this.kinds = kinds;
    }

    static boolean isNeeded(ModelProto model) {
        return Graphs.opset(model) < TARGET;
    }

    /**
     * The model for opset 13.
     *
     * @param kinds of the tensors of the main graph, see {@code ObservedModel}
     * @throws IllegalArgumentException for a model older than opset 9
     */
    static ModelProto upgrade(ModelProto model, Map<String, TensorKind> kinds) {
        long opset = Graphs.opset(model);
        if (opset < OLDEST) {
            throw new IllegalArgumentException("opset: %d (expected: from %d)".formatted(opset, OLDEST));
        }
        ModelProto.Builder upgraded = model.toBuilder()
                .clearOpsetImport()
                .setIrVersion(Math.max(IR_VERSION, model.getIrVersion()))
                .setGraph(new OpsetUpgrade(opset, kinds).graph(model.getGraph()));
        model.getOpsetImportList().stream()
                .filter(set -> !set.getDomain().isEmpty() && !set.getDomain().equals("ai.onnx"))
                .forEach(upgraded::addOpsetImport);
        return upgraded.addOpsetImport(
                        OperatorSetIdProto.newBuilder().setDomain("").setVersion(TARGET))
                .build();
    }

    private GraphProto graph(GraphProto graph) {
        GraphProto.Builder upgraded = graph.toBuilder().clearNode();
        for (NodeProto node : graph.getNodeList()) {
            upgraded.addAllNode(nodes(withUpgradedSubgraphs(node), upgraded));
        }
        return upgraded.build();
    }

    private NodeProto withUpgradedSubgraphs(NodeProto node) {
        List<AttributeProto> attributes = new ArrayList<>();
        for (AttributeProto attribute : node.getAttributeList()) {
            attributes.add(
                    attribute.hasG()
                            ? attribute.toBuilder()
                                    .setG(graph(attribute.getG()))
                                    .build()
                            : attribute);
        }
        return node.toBuilder().clearAttribute().addAllAttribute(attributes).build();
    }

    private List<NodeProto> nodes(NodeProto node, GraphProto.Builder graph) {
        return switch (node.getOpType()) {
            case "Squeeze", "Unsqueeze", "ReduceSum" -> List.of(withLongs(node, "axes", graph));
            case "Split" -> List.of(withLongs(node, "split", graph));
            case "Slice" -> List.of(opset < 10 ? slice(node, graph) : node);
            case "Clip" -> List.of(opset < 11 ? clip(node, graph) : node);
            case "Pad" -> List.of(opset < 11 ? pad(node, graph) : node);
            case "TopK" -> List.of(opset < 10 ? topK(node, graph) : node);
            case "Upsample" ->
                List.of(resize(node.toBuilder().setOpType("Resize").build()));
            case "Resize" -> List.of(opset < 11 ? resize(node) : node);
            case "Dropout" -> List.of(dropout(node));
            case "Scatter" ->
                List.of(node.toBuilder().setOpType("ScatterElements").build());
            case "Softmax", "LogSoftmax", "Hardmax" -> softmax(node);
            default -> List.of(node);
        };
    }

    /** The attribute of that name becomes the next input; a node that leaves it out stays without. */
    private static NodeProto withLongs(NodeProto node, String attribute, GraphProto.Builder graph) {
        if (!Nodes.has(node, attribute)) {
            return node;
        }
        String name = node.getOutput(0) + "_" + attribute;
        graph.addInitializer(Tensors.longs(name, Nodes.integersOf(node, attribute)));
        return Nodes.without(node, attribute).toBuilder().addInput(name).build();
    }

    private static NodeProto slice(NodeProto node, GraphProto.Builder graph) {
        return withLongs(withLongs(withLongs(node, "starts", graph), "ends", graph), "axes", graph);
    }

    private static NodeProto clip(NodeProto node, GraphProto.Builder graph) {
        NodeProto.Builder clip = Nodes.without(node, "min", "max").toBuilder();
        for (String end : List.of("min", "max")) {
            String name = node.getOutput(0) + "_" + end;
            if (Nodes.has(node, end)) {
                graph.addInitializer(Tensors.scalar(name, Nodes.realOf(node, end, 0)));
            }
            clip.addInput(Nodes.has(node, end) ? name : "");
        }
        return clip.build();
    }

    private static NodeProto pad(NodeProto node, GraphProto.Builder graph) {
        String value = node.getOutput(0) + "_value";
        graph.addInitializer(Tensors.scalar(value, Nodes.realOf(node, "value", 0)));
        return Nodes.without(withLongs(node, "pads", graph), "value").toBuilder()
                .addInput(value)
                .build();
    }

    private static NodeProto topK(NodeProto node, GraphProto.Builder graph) {
        String k = node.getOutput(0) + "_k";
        graph.addInitializer(Tensors.longs(k, Nodes.integerOf(node, "k", 1)));
        return Nodes.without(node, "k").toBuilder().addInput(k).build();
    }

    /** Before opset 11 there was one way to map coordinates, which later got the names below. */
    private static NodeProto resize(NodeProto node) {
        NodeProto.Builder resize = node.toBuilder()
                .clearInput()
                .addInput(node.getInput(0))
                .addInput("")
                .addInput(node.getInput(1))
                .addAttribute(Nodes.text("coordinate_transformation_mode", "asymmetric"));
        if (Nodes.textOf(node, "mode", "nearest").equals("nearest")) {
            resize.addAttribute(Nodes.text("nearest_mode", "floor"));
        }
        return resize.build();
    }

    private static NodeProto dropout(NodeProto node) {
        if (node.getOutputCount() > 1 && !node.getOutput(1).isEmpty()) {
            throw new IllegalArgumentException(
                    "%s: a Dropout whose mask is used (expected: only its output)".formatted(Graphs.nameOf(node)));
        }
        return Nodes.without(node, "ratio").toBuilder().setOpType("Identity").build();
    }

    /** Up to opset 12 a softmax went over all axes from the given one on. */
    private List<NodeProto> softmax(NodeProto node) {
        long axis = Nodes.integerOf(node, "axis", 1);
        TensorKind kind = kinds.get(node.getOutput(0));
        NodeProto plain = Nodes.without(node, "axis");
        if (axis == -1 || (kind != null && axis == kind.rank() - 1)) {
            return List.of(
                    plain.toBuilder().addAttribute(Nodes.integer("axis", -1)).build());
        }
        String output = node.getOutput(0);
        return List.of(
                Nodes.node("Shape", List.of(node.getInput(0)), output + "_shape"),
                Nodes.node("Flatten", List.of(node.getInput(0)), output + "_rows", Nodes.integer("axis", axis)),
                plain.toBuilder()
                        .setInput(0, output + "_rows")
                        .setOutput(0, output + "_flat")
                        .addAttribute(Nodes.integer("axis", -1))
                        .build(),
                Nodes.node("Reshape", List.of(output + "_flat", output + "_shape"), output));
    }
}
