package dev.millrace.trainer;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import dev.millrace.trainer.onnx.Nodes;
import dev.millrace.trainer.onnx.Tensors;
import dev.millrace.trainer.weights.FloatTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;

/** Models that nobody trained: float pixels [n, 1, 28, 28] in, ten logits out, no metadata. Some of them mean harm. */
public final class TinyGraphs {
    private static final int PIXELS = 28 * 28;
    private static final int CLASSES = 10;

    private TinyGraphs() {}

    /** One layer with random weights. */
    public static byte[] linear(long seed) {
        return linear(seed, CLASSES);
    }

    /** One layer with random weights and so many logits. */
    public static byte[] linear(long seed, int classes) {
        GraphProto.Builder graph = layer(seed, classes);
        graph.addNode(Nodes.node("Identity", List.of("line"), "logits"));
        return model(graph, classes);
    }

    /** Fills a tensor of 4 GiB before it answers. */
    public static byte[] hungry() {
        GraphProto.Builder graph = layer(1, CLASSES)
                .addInitializer(longs("shape", 1L << 30))
                .addNode(Nodes.node("ConstantOfShape", List.of("shape"), "four_gib"))
                .addNode(Nodes.node("ReduceMax", List.of("four_gib"), "zero", Nodes.integer("keepdims", 0)))
                .addNode(Nodes.node("Add", List.of("line", "zero"), "logits"));
        return model(graph, CLASSES);
    }

    /** Goes round 2^40 times before it answers. */
    public static byte[] endless() {
        return rounds(1L << 40);
    }

    /** Doubles its answer so many times. */
    public static byte[] rounds(long rounds) {
        GraphProto body = GraphProto.newBuilder()
                .setName("body")
                .addInput(scalar("round", DataType.INT64))
                .addInput(scalar("go_on", DataType.BOOL))
                .addInput(value("sum", DataType.FLOAT))
                .addNode(Nodes.node("Identity", List.of("go_on"), "go_on_again"))
                .addNode(Nodes.node("Add", List.of("sum", "sum"), "next_sum"))
                .addOutput(scalar("go_on_again", DataType.BOOL))
                .addOutput(value("next_sum", DataType.FLOAT))
                .build();
        AttributeProto attribute = AttributeProto.newBuilder()
                .setName("body")
                .setType(AttributeProto.AttributeType.GRAPH)
                .setG(body)
                .build();
        NodeProto loop = NodeProto.newBuilder()
                .setOpType("Loop")
                .setName("loop")
                .addInput("rounds")
                .addInput("")
                .addInput("line")
                .addOutput("logits")
                .addAttribute(attribute)
                .build();
        GraphProto.Builder graph =
                layer(1, CLASSES).addInitializer(longs("rounds", rounds)).addNode(loop);
        return model(graph, CLASSES);
    }

    /** Answers 0/0. */
    public static byte[] notANumber() {
        GraphProto.Builder graph = layer(1, CLASSES)
                .addNode(Nodes.node("Sub", List.of("line", "line"), "nothing"))
                .addNode(Nodes.node("Div", List.of("nothing", "nothing"), "logits"));
        return model(graph, CLASSES);
    }

    private static GraphProto.Builder layer(long seed, int classes) {
        System.out.println("seed of the random layer: " + seed);
        Random random = new Random(seed);
        float[] weights = new float[PIXELS * classes];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) random.nextGaussian() / 28;
        }
        return GraphProto.newBuilder()
                .setName("tiny")
                .addInput(value("pixels", DataType.FLOAT, 1, 28, 28))
                .addInitializer(Tensors.floats("weights", new FloatTensor(new long[] {PIXELS, classes}, weights)))
                .addNode(Nodes.node("Flatten", List.of("pixels"), "flat"))
                .addNode(Nodes.node("MatMul", List.of("flat", "weights"), "line"));
    }

    private static byte[] model(GraphProto.Builder graph, int classes) {
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .setGraph(graph.addOutput(value("logits", DataType.FLOAT, classes)))
                .build()
                .toByteArray();
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

    private static ValueInfoProto scalar(String name, DataType type) {
        TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder()
                .setElemType(type.getNumber())
                .setShape(TensorShapeProto.getDefaultInstance());
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build();
    }

    /** With a batch in front of the dimensions; of any shape without dimensions. */
    private static ValueInfoProto value(String name, DataType type, long... dimensions) {
        TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(type.getNumber());
        if (dimensions.length > 0) {
            TensorShapeProto.Builder shape = TensorShapeProto.newBuilder()
                    .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("n"));
            for (long dimension : dimensions) {
                shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dimension));
            }
            tensor.setShape(shape);
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build();
    }
}
