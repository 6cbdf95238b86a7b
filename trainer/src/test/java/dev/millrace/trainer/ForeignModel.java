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
import dev.millrace.trainer.onnx.Nodes;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.onnx.Tensors;
import dev.millrace.trainer.weights.FloatTensor;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Builds models such as others export: float input of 28x28 grey images, random weights, whatever operators a test is about. */
public final class ForeignModel {
    public static final String INPUT = "image";

    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("foreign");
    private final Random random;
    private final int opset;
    private long irVersion = 7;

    public ForeignModel(int opset, long seed, long batch) {
        System.out.println("seed of the foreign model: " + seed);
        this.opset = opset;
        this.random = new Random(seed);
        graph.addInput(value(INPUT, batch == 0 ? "n" : "", batch, 1, 28, 28));
    }

    /** A float constant with values of variance 2 / fan-in, where the fan-in is all but the first dimension. */
    public String weights(String name, long... shape) {
        int size = 1;
        for (long dimension : shape) {
            size *= (int) dimension;
        }
        double deviation = Math.sqrt(2.0 * shape[0] / size);
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (random.nextGaussian() * deviation);
        }
        return constant(Tensors.floats(name, new FloatTensor(shape, values)));
    }

    public String constant(TensorProto tensor) {
        graph.addInitializer(tensor);
        return tensor.getName();
    }

    public String node(String operator, String output, List<String> inputs, AttributeProto... attributes) {
        return node(Nodes.node(operator, inputs, output, attributes));
    }

    public String node(NodeProto node) {
        graph.addNode(node);
        return node.getOutput(0);
    }

    /** Convolution of 3x3 with padding and bias. */
    public String conv(String output, String input, int in, int out, int stride) {
        return node(
                "Conv",
                output,
                List.of(input, weights(output + ".w", out, in, 3, 3), weights(output + ".b", out)),
                Nodes.integers("pads", 1, 1, 1, 1),
                Nodes.integers("strides", stride, stride));
    }

    public ForeignModel output(String name) {
        graph.addOutput(ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT.getNumber()))));
        return this;
    }

    /** As exporters did before IR version 4: every weight is a graph input, too. */
    public ForeignModel withWeightsAsInputs() {
        irVersion = 3;
        graph.getInitializerList()
                .forEach(tensor -> graph.addInput(ValueInfoProto.newBuilder()
                        .setName(tensor.getName())
                        .setType(TypeProto.newBuilder()
                                .setTensorType(TypeProto.Tensor.newBuilder()
                                        .setElemType(tensor.getDataType())
                                        .setShape(shape(tensor))))));
        return this;
    }

    public ModelProto build() {
        ModelProto model = ModelProto.newBuilder()
                .setIrVersion(irVersion)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
                .setGraph(graph)
                .build();
        return OnnxFile.withMetadata(model, Map.of("millrace.input.mean", "73", "millrace.input.scale", "0.015625"));
    }

    private static TensorShapeProto shape(TensorProto tensor) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        tensor.getDimsList()
                .forEach(size ->
                        shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(size)));
        return shape.build();
    }

    private static ValueInfoProto value(String name, String batch, long... dimensions) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (int i = 0; i < dimensions.length; i++) {
            TensorShapeProto.Dimension.Builder dimension = TensorShapeProto.Dimension.newBuilder();
            shape.addDim(
                    i == 0 && !batch.isEmpty() ? dimension.setDimParam(batch) : dimension.setDimValue(dimensions[i]));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(DataType.FLOAT.getNumber())
                                .setShape(shape)))
                .build();
    }
}
