package dev.millrace.trainer.observe;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.millrace.trainer.onnx.Graphs;
import dev.millrace.worker.model.OnnxRuntime;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Asks ONNX Runtime whether it has an operator, by a graph of nothing but one node. */
public final class OperatorProbe {
    /** What its messages say when there is no such operator; other complaints are about a node without its surroundings. */
    private static final List<String> UNKNOWN = List.of(
            "is not a registered function/op",
            "No Op registered",
            "NOT_IMPLEMENTED",
            "No opset import",
            "unknown domain");

    private OperatorProbe() {}

    /**
     * Why ONNX Runtime cannot run this operator; empty where it can.
     *
     * @param model whose operator sets are meant
     */
    public static Optional<String> refusal(NodeProto node, ModelProto model) {
        Set<String> constants = Graphs.constants(model.getGraph());
        GraphProto.Builder graph = GraphProto.newBuilder().setName("probe").addNode(node);
        model.getGraph().getInitializerList().stream()
                .filter(tensor -> node.getInputList().contains(tensor.getName()))
                .forEach(graph::addInitializer);
        node.getInputList().stream()
                .distinct()
                .filter(input -> !input.isEmpty() && !constants.contains(input))
                .forEach(input -> graph.addInput(value(input)));
        node.getOutputList().stream()
                .filter(output -> !output.isEmpty())
                .forEach(output -> graph.addOutput(ValueInfoProto.newBuilder().setName(output)));
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            OnnxRuntime.environment()
                    .createSession(model.toBuilder().setGraph(graph).build().toByteArray(), options)
                    .close();
            return Optional.empty();
        } catch (OrtException e) {
            String message = OnnxRuntime.reason(e);
            return UNKNOWN.stream().anyMatch(message::contains) ? Optional.of(message) : Optional.empty();
        }
    }

    private static ValueInfoProto value(String name) {
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT.getNumber())))
                .build();
    }
}
