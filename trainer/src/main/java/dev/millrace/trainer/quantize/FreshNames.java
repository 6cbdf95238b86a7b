package dev.millrace.trainer.quantize;

import ai.onnx.proto.OnnxMl.GraphProto;
import dev.millrace.trainer.onnx.Graphs;
import java.util.HashSet;
import java.util.Set;

/** Names for what is added to a graph: no node or tensor of it may have them already. */
final class FreshNames {
    private final Set<String> taken = new HashSet<>();

    FreshNames(GraphProto graph) {
        taken.addAll(Graphs.constants(graph));
        graph.getInputList().forEach(input -> taken.add(input.getName()));
        taken.addAll(Graphs.readBySubgraphs(graph.getNodeList()));
        graph.getNodeList().forEach(node -> {
            taken.add(node.getName());
            taken.addAll(node.getOutputList());
        });
    }

    /** The same name for the same wish, every time. */
    String of(String tensor, String what) {
        String name = tensor + "_" + what;
        while (taken.contains(name)) {
            name += "_";
        }
        return name;
    }

    /** Under which name a quantized activation is read in its dequantized form. */
    String dequantized(GraphPlan plan, String tensor) {
        return plan.isPublished(tensor) ? tensor : of(tensor, "dq");
    }
}
