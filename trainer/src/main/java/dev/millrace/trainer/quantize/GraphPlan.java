package dev.millrace.trainer.quantize;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.millrace.trainer.onnx.Graphs;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Decides what of a graph becomes integer, before any value is known. Follows what ONNX Runtime's fusions need: every activation that an
 * integer operation reads or makes is quantized once, and all read the same; a rectifier behind an integer operation falls away; joins
 * and moves are done on integers only where an integer operation follows, since at the end of a graph floats cost no more and lose less;
 * so do the last Gemm's logits.
 */
final class GraphPlan {
    /** The nodes that remain, rectifiers dropped, in order. */
    final List<NodeProto> nodes = new ArrayList<>();
    /** Tensors to quantize, constant operands among them, in the order in which they are needed. */
    final Set<String> quantized = new LinkedHashSet<>();
    /** Activations whose range has to be measured; others inherit their scale. */
    final Set<String> measured = new LinkedHashSet<>();
    /** Names of nodes on image data that stay in float, and why. */
    final Map<String, String> staysFloat = new LinkedHashMap<>();
    /** Names of the nodes that run on integers and can be kept from it. */
    final Set<String> integer = new LinkedHashSet<>();

    private final Operators operators;
    private final boolean floatEnd;
    /** Tensors that others than the remaining nodes read under their name: outputs, and what subgraphs read. */
    private final Set<String> visible = new HashSet<>();

    private final Set<String> published = new HashSet<>();
    private final Map<String, Role> roles = new HashMap<>();
    private final Map<String, List<NodeProto>> readers = new HashMap<>();
    private final Map<String, NodeProto> makers = new HashMap<>();

    /**
     * Plans.
     *
     * @param operators of this graph
     * @param keep names of nodes that are to stay in float, with the reason
     */
    GraphPlan(GraphProto graph, Operators operators, Map<String, String> keep) {
        this(graph, operators, keep, true);
    }

    /** As above; {@code floatEnd} says whether joins and moves that no integer operation reads become float. */
    GraphPlan(GraphProto graph, Operators operators, Map<String, String> keep, boolean floatEnd) {
        this.operators = operators;
        this.floatEnd = floatEnd;
        visible.addAll(Graphs.outputs(graph));
        visible.addAll(Graphs.readBySubgraphs(graph.getNodeList()));
        for (NodeProto node : graph.getNodeList()) {
            node.getInputList().forEach(input -> readers.computeIfAbsent(input, i -> new ArrayList<>())
                    .add(node));
            node.getOutputList().forEach(output -> makers.put(output, node));
            Operators.Answer answer = operators.answer(node);
            String kept = keep.get(Graphs.nameOf(node));
            roles.put(node.getOutput(0), kept == null ? answer.role() : Role.FLOAT);
            String reason = kept == null ? answer.reason() : kept;
            if (!reason.isEmpty()) {
                staysFloat.put(Graphs.nameOf(node), reason);
            }
        }
        if (floatEnd) {
            leaveTheEndInFloat(graph.getNodeList());
        }
        Map<String, String> renamed = freeRectifiers(graph.getNodeList());
        for (NodeProto node : graph.getNodeList()) {
            if (!renamed.containsValue(node.getOutput(0)) || !operators.isRectifier(node)) {
                String output = renamed.getOrDefault(node.getOutput(0), node.getOutput(0));
                Role role = role(node);
                NodeProto kept = node.toBuilder().setOutput(0, output).build();
                roles.put(output, role);
                nodes.add(kept);
            }
        }
        choose();
    }

    Role role(NodeProto node) {
        return roles.getOrDefault(node.getOutput(0), Role.FLOAT);
    }

    /** Whether an integer node makes it, and others than the remaining nodes read it: its dequantized form then has its name. */
    boolean isPublished(String tensor) {
        return published.contains(tensor);
    }

    boolean isConstant(String tensor) {
        return operators.isConstant(tensor);
    }

    /** From the last node to the first: joins and moves that no integer operation reads become float. */
    private void leaveTheEndInFloat(List<NodeProto> all) {
        for (int i = all.size() - 1; i >= 0; i--) {
            NodeProto node = all.get(i);
            Role role = role(node);
            if ((role == Role.JOINING || role == Role.PASSING)
                    && node.getOutputList().stream().noneMatch(this::isReadByInteger)) {
                roles.put(node.getOutput(0), Role.FLOAT);
                if (role == Role.JOINING) {
                    staysFloat.putIfAbsent(Graphs.nameOf(node), "no integer operation reads it");
                }
            }
        }
    }

    private boolean isReadByInteger(String tensor) {
        return readers.getOrDefault(tensor, List.of()).stream()
                .anyMatch(reader ->
                        role(reader) != Role.FLOAT || (isFree(reader, tensor) && isReadByInteger(reader.getOutput(0))));
    }

    /** Whether nothing but this rectifier needs the tensor. */
    private boolean isFree(NodeProto reader, String tensor) {
        return operators.isRectifier(reader)
                && reader.getInput(0).equals(tensor)
                && !staysFloatByWish(reader)
                && !visible.contains(tensor)
                && readers.getOrDefault(tensor, List.of()).size() == 1;
    }

    private boolean staysFloatByWish(NodeProto rectifier) {
        String reason = staysFloat.getOrDefault(Graphs.nameOf(rectifier), "");
        return !reason.isEmpty() && !reason.startsWith("no integer kernel");
    }

    /** Tensors before rectifiers that fall away, to those after them. */
    private Map<String, String> freeRectifiers(List<NodeProto> all) {
        Map<String, String> renamed = new HashMap<>();
        for (NodeProto node : all) {
            String before = node.getInputCount() == 0 ? "" : node.getInput(0);
            NodeProto maker = makers.get(before);
            if (maker == null || !operators.isRectifier(node)) {
                continue;
            }
            boolean integer = role(maker) == Role.WEIGHTED || role(maker) == Role.JOINING;
            boolean quantized = isQuantizedAnyway(maker)
                    || (!floatEnd && role(maker) == Role.JOINING)
                    || isReadByInteger(node.getOutput(0));
            if (integer && quantized && isFree(node, before)) {
                renamed.put(before, node.getOutput(0));
                staysFloat.remove(Graphs.nameOf(node));
            }
        }
        return renamed;
    }

    /** A convolution has no integer kernel that gives floats. */
    private static boolean isQuantizedAnyway(NodeProto maker) {
        return maker.getOpType().equals("Conv");
    }

    private void choose() {
        Map<String, List<NodeProto>> remaining = new HashMap<>();
        nodes.forEach(node -> node.getInputList()
                .forEach(input ->
                        remaining.computeIfAbsent(input, i -> new ArrayList<>()).add(node)));
        Set<String> given = new HashSet<>();
        for (NodeProto node : nodes) {
            Role role = role(node);
            if (node.getOpType().equals("DequantizeLinear")) {
                given.add(node.getOutput(0));
            }
            if (role == Role.PASSING && !given.contains(node.getInput(0)) && !quantized.contains(node.getInput(0))) {
                roles.put(node.getOutput(0), Role.FLOAT);
                continue;
            }
            if (role == Role.FLOAT) {
                continue;
            }
            if (role != Role.PASSING) {
                integer.add(Graphs.nameOf(node));
            }
            for (String input : operators.activations(node, role)) {
                if (!given.contains(input) && quantized.add(input) && !isConstant(input)) {
                    measured.add(input);
                }
            }
            String output = node.getOutput(0);
            boolean read = remaining.getOrDefault(output, List.of()).stream().anyMatch(this::isInteger);
            if (role == Role.PASSING) {
                quantized.addAll(node.getOutputList());
            } else if (role == Role.JOINING || isQuantizedAnyway(node) || read) {
                quantized.add(output);
                measured.add(output);
            }
            node.getOutputList().stream()
                    .filter(made -> visible.contains(made) && quantized.contains(made))
                    .forEach(published::add);
        }
    }

    private boolean isInteger(NodeProto node) {
        return role(node) != Role.FLOAT;
    }
}
