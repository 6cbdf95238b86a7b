package dev.millrace.worker.model;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Models made by {@link TinyModels.Recipe#build}, changed to do harm. */
public final class HostileModels {
    private HostileModels() {}

    /** Goes round 2^40 times before it answers. */
    public static byte[] endless(byte[] onnx) throws InvalidProtocolBufferException {
        return rounds(1L << 40, onnx);
    }

    /** Doubles and halves its answer so many times: it stays what it was. */
    public static byte[] rounds(long rounds, byte[] onnx) throws InvalidProtocolBufferException {
        GraphProto body = GraphProto.newBuilder()
                .setName("body")
                .addInput(value("round", DataType.INT64))
                .addInput(value("go_on", DataType.BOOL))
                .addInput(open("sum"))
                .addNode(node("Identity", "go_on_again", "go_on"))
                .addNode(node("Add", "twice", "sum", "sum"))
                .addNode(node("Sub", "next_sum", "twice", "sum"))
                .addOutput(value("go_on_again", DataType.BOOL))
                .addOutput(open("next_sum"))
                .build();
        NodeProto loop = node("Loop", "logits", "rounds", "", "line").toBuilder()
                .addAttribute(AttributeProto.newBuilder()
                        .setName("body")
                        .setType(AttributeProto.AttributeType.GRAPH)
                        .setG(body))
                .build();
        return behindTheLine(onnx, longs("rounds", rounds), loop);
    }

    /** Fills a tensor of 4 GiB before it answers. */
    public static byte[] hungry(byte[] onnx) throws InvalidProtocolBufferException {
        return behindTheLine(
                onnx,
                longs("shape", 1L << 30),
                node("ConstantOfShape", "four_gib", "shape"),
                node("ReduceMax", "zero", "four_gib").toBuilder()
                        .addAttribute(AttributeProto.newBuilder()
                                .setName("keepdims")
                                .setType(AttributeProto.AttributeType.INT)
                                .setI(0))
                        .build(),
                node("Add", "logits", "line", "zero"));
    }

    /** Asks for an operator of somebody's own. */
    public static byte[] ofACustomDomain(byte[] onnx) throws InvalidProtocolBufferException {
        ModelProto.Builder model = ModelProto.parseFrom(onnx).toBuilder();
        model.addOpsetImport(
                OperatorSetIdProto.newBuilder().setDomain("com.example").setVersion(1));
        GraphProto.Builder graph = model.getGraphBuilder();
        int last = graph.getNodeCount() - 1;
        graph.getNodeBuilder(last).setOutput(0, "line");
        graph.addNode(node("Own", "logits", "line").toBuilder().setDomain("com.example"));
        return model.build().toByteArray();
    }

    /** Has its weights in another file. */
    public static byte[] withWeightsIn(String file, byte[] onnx) throws InvalidProtocolBufferException {
        ModelProto.Builder model = ModelProto.parseFrom(onnx).toBuilder();
        TensorProto.Builder weights = model.getGraphBuilder().getInitializerBuilder(0);
        weights.clearFloatData()
                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(
                        StringStringEntryProto.newBuilder().setKey("location").setValue(file));
        return model.build().toByteArray();
    }

    /** The last node makes {@code line} of what were the logits; these nodes make the logits of it. */
    private static byte[] behindTheLine(byte[] onnx, TensorProto constant, NodeProto... nodes)
            throws InvalidProtocolBufferException {
        ModelProto.Builder model = ModelProto.parseFrom(onnx).toBuilder();
        GraphProto.Builder graph = model.getGraphBuilder();
        graph.getNodeBuilder(graph.getNodeCount() - 1).setOutput(0, "line");
        graph.addInitializer(constant);
        for (NodeProto node : nodes) {
            graph.addNode(node);
        }
        return model.build().toByteArray();
    }

    private static NodeProto node(String op, String output, String... inputs) {
        NodeProto.Builder node =
                NodeProto.newBuilder().setOpType(op).setName(output).addOutput(output);
        for (String input : inputs) {
            node.addInput(input);
        }
        return node.build();
    }

    private static TensorProto longs(String name, long value) {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(0, value);
        return TensorProto.newBuilder()
                .setName(name)
                .setDataType(DataType.INT64.getNumber())
                .addDims(1)
                .setRawData(ByteString.copyFrom(bytes))
                .build();
    }

    private static ValueInfoProto value(String name, DataType type) {
        return value(
                name,
                TypeProto.Tensor.newBuilder()
                        .setElemType(type.getNumber())
                        .setShape(TensorShapeProto.getDefaultInstance()));
    }

    /** Floats of any shape. */
    private static ValueInfoProto open(String name) {
        return value(name, TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT.getNumber()));
    }

    private static ValueInfoProto value(String name, TypeProto.Tensor.Builder tensor) {
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build();
    }
}
