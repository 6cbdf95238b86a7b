package dev.millrace.trainer.quantize;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Decides what of a graph becomes integer, before any value is known. Follows what ONNX Runtime's fusions need: every activation that an
 * integer operation reads or makes is quantized once; a Relu behind an integer operation falls away, since a uint8 whose zero point is 0
 * clips for free; the last Gemm's logits stay float.
 */
final class GraphPlan {
    /** The nodes that remain, Relus dropped, in order. */
    final List<NodeProto> nodes;
    /** Activations to quantize, in the order in which they are made. */
    final Set<String> quantized;
    /** Those of them whose range has to be measured; the others inherit their scale. */
    final Set<String> measured;

    private final GraphProto graph;
    private final Set<String> outputs;

    GraphPlan(GraphProto graph) {
        this.graph = graph;
        this.outputs =
                graph.getOutputList().stream().map(ValueInfoProto::getName).collect(Collectors.toSet());
        this.nodes = withoutFreeRelus();
        this.quantized = new LinkedHashSet<>();
        this.measured = new LinkedHashSet<>();
        choose();
    }

    Role role(NodeProto node) {
        return Role.of(node, graph);
    }

    private List<NodeProto> withoutFreeRelus() {
        Map<String, Integer> readers = new HashMap<>();
        graph.getNodeList()
                .forEach(node -> node.getInputList().forEach(input -> readers.merge(input, 1, Integer::sum)));
        Map<String, NodeProto> makers = new HashMap<>();
        graph.getNodeList().forEach(node -> makers.put(node.getOutput(0), node));
        Map<String, String> renamed = new HashMap<>();
        Set<String> dropped = new HashSet<>();
        for (NodeProto node : graph.getNodeList()) {
            NodeProto maker = makers.get(node.getInput(0));
            boolean free = node.getOpType().equals("Relu")
                    && maker != null
                    && (role(maker) == Role.WEIGHTED || role(maker) == Role.JOINING)
                    && readers.getOrDefault(node.getInput(0), 0) == 1
                    && !outputs.contains(node.getOutput(0));
            if (free) {
                renamed.put(node.getInput(0), node.getOutput(0));
                dropped.add(node.getOutput(0));
            }
        }
        List<NodeProto> kept = new ArrayList<>();
        for (NodeProto node : graph.getNodeList()) {
            if (node.getOpType().equals("Relu") && dropped.contains(node.getOutput(0))) {
                continue;
            }
            String output = renamed.getOrDefault(node.getOutput(0), node.getOutput(0));
            kept.add(node.toBuilder().setOutput(0, output).build());
        }
        return kept;
    }

    private void choose() {
        Set<String> constants =
                graph.getInitializerList().stream().map(TensorProto::getName).collect(Collectors.toSet());
        Set<String> dequantized = new HashSet<>();
        for (NodeProto node : nodes) {
            Role role = role(node);
            String output = node.getOutput(0);
            if (node.getOpType().equals("DequantizeLinear")) {
                dequantized.add(output);
            }
            if (role == Role.FLOAT || (role == Role.PASSING && !isInteger(node.getInput(0), dequantized))) {
                continue;
            }
            for (String input : activations(node, role, constants)) {
                if (!dequantized.contains(input) && quantized.add(input)) {
                    measured.add(input);
                }
            }
            if (!outputs.contains(output)) {
                quantized.add(output);
                if (role != Role.PASSING) {
                    measured.add(output);
                }
            }
        }
    }

    private boolean isInteger(String tensor, Set<String> dequantized) {
        return dequantized.contains(tensor) || quantized.contains(tensor);
    }

    /** Inputs that carry image data: not weights, shapes or indices. */
    private static List<String> activations(NodeProto node, Role role, Set<String> constants) {
        return role == Role.JOINING
                ? node.getInputList().stream()
                        .filter(input -> !constants.contains(input))
                        .toList()
                : List.of(node.getInput(0));
    }
}
