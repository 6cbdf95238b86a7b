package dev.millrace.trainer.quantize;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.observe.ImageInput;
import dev.millrace.trainer.observe.OperatorProbe;
import dev.millrace.trainer.onnx.Graphs;
import dev.millrace.trainer.prepare.PreparedModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Whether a model runs here in fp32, and what of it would run on integers: operator by operator, without calibrating anything. */
public final class SupportCheck {
    private SupportCheck() {}

    /**
     * The answer.
     *
     * @param opset the model was written for
     * @param runs whether ONNX Runtime runs it, in fp32
     * @param refusal why not; null where it runs
     * @param operators of the given model, by name
     * @param integer nodes that would run on integers, after folding
     * @param staysFp32 nodes on image data that would stay in float, after folding, and why
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Report(
            long opset,
            boolean runs,
            @Nullable String refusal,
            List<Operator> operators,
            List<String> integer,
            Map<String, String> staysFp32) {}

    /**
     * One operator.
     *
     * @param name with its domain, where that is not ONNX's own
     * @param nodes that use it
     * @param refusal why ONNX Runtime cannot run it; null where it can
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Operator(String name, int nodes, @Nullable String refusal) {}

    /** Looks at the model, and runs it on one black image. */
    public static Report check(ModelProto model, ImageInput input) throws IOException {
        List<Operator> operators = operators(model);
        long opset = Graphs.opset(model);
        Optional<Operator> unknown = operators.stream()
                .filter(operator -> operator.refusal() != null)
                .findFirst();
        if (unknown.isPresent()) {
            return refused(opset, "no operator " + unknown.get().name(), operators);
        }
        try {
            PreparedModel prepared = PreparedModel.of(model, input, LabelledImages.black(input.shape()));
            GraphProto graph = prepared.model().getGraph();
            GraphPlan plan = new GraphPlan(graph, new Operators(graph, prepared.kinds()), Map.of());
            return new Report(opset, true, null, operators, List.copyOf(plan.integer), plan.staysFloat);
        } catch (IllegalArgumentException e) {
            return refused(opset, String.valueOf(e.getMessage()), operators);
        }
    }

    private static Report refused(long opset, String reason, List<Operator> operators) {
        return new Report(opset, false, reason, operators, List.of(), Map.of());
    }

    private static List<Operator> operators(ModelProto model) {
        Map<String, List<NodeProto>> byName = new TreeMap<>();
        collect(model.getGraph(), byName);
        List<Operator> operators = new ArrayList<>();
        byName.forEach((name, nodes) -> operators.add(new Operator(
                name, nodes.size(), OperatorProbe.refusal(nodes.get(0), model).orElse(null))));
        return operators;
    }

    private static void collect(GraphProto graph, Map<String, List<NodeProto>> byName) {
        for (NodeProto node : graph.getNodeList()) {
            boolean own = node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx");
            byName.computeIfAbsent(
                            own ? node.getOpType() : node.getDomain() + "." + node.getOpType(), n -> new ArrayList<>())
                    .add(node);
            Graphs.subgraphs(node).forEach(subgraph -> collect(subgraph, byName));
        }
    }
}
