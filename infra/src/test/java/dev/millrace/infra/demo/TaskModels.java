package dev.millrace.infra.demo;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.millrace.trainer.onnx.Nodes;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.onnx.Tensors;
import dev.millrace.trainer.weights.FloatTensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Small real ONNX models of colour pictures, whose answers a test can say beforehand. */
final class TaskModels {
    private TaskModels() {}

    /**
     * Gives each pixel the colour of the palette that is nearest to it; the picture is letterboxed. A score is 2 m x - m m for a colour m and a
     * pixel x, which orders colours as their distances do.
     *
     * @param palette 0xRRGGBB
     */
    static byte[] segmenter(String name, int side, List<String> labels, int... palette) {
        float[] weights = new float[palette.length * 3];
        float[] squares = new float[palette.length];
        for (int k = 0; k < palette.length; k++) {
            for (int c = 0; c < 3; c++) {
                int level = palette[k] >> (16 - 8 * c) & 0xFF;
                weights[3 * k + c] = 2 * level;
                squares[k] -= level * level;
            }
        }
        GraphProto.Builder graph = graph(side, "scores", palette.length, side, side)
                .addNode(Nodes.node("Conv", List.of("floats", "weights", "squares"), "scores"))
                .addInitializer(
                        Tensors.floats("weights", new FloatTensor(new long[] {palette.length, 3, 1, 1}, weights)))
                .addInitializer(Tensors.floats("squares", new FloatTensor(new long[] {palette.length}, squares)));
        return file(
                graph, "segmentation", name, labels, Map.of("input.resize", "letterbox", "input.filter", "nearest"));
    }

    /** Label k is there where more than half of the light of channel k is: its logit is 20 (mean - 0.5). Its threshold is 0.6. */
    static byte[] multiLabel(String name, int side) {
        int pixels = side * side;
        float[] weights = new float[pixels * 9];
        for (int i = 0; i < pixels * 3; i++) {
            weights[i * 3 + i / pixels] = 20f / (255 * pixels);
        }
        GraphProto.Builder graph = graph(side, "logits", 3)
                .addNode(Nodes.node("Flatten", List.of("floats"), "flat"))
                .addNode(Nodes.node("Gemm", List.of("flat", "weights", "bias"), "logits"))
                .addInitializer(Tensors.floats("weights", new FloatTensor(new long[] {pixels * 3L, 3}, weights)))
                .addInitializer(Tensors.floats("bias", new FloatTensor(new long[] {3}, new float[] {-10, -10, -10})));
        return file(graph, "multi-label", name, List.of("red", "green", "blue"), Map.of("head.threshold", "0.6"));
    }

    /**
     * The pixels, channel by channel, times a matrix, as a vector of length 1.
     *
     * @param weights one row for each value of the pixels
     */
    static byte[] embedding(String name, int side, float[][] weights) {
        int values = weights[0].length;
        float[] flat = new float[weights.length * values];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = weights[i / values][i % values];
        }
        GraphProto.Builder graph = graph(side, "vector", values)
                .addNode(Nodes.node("Flatten", List.of("floats"), "flat"))
                .addNode(Nodes.node("MatMul", List.of("flat", "weights"), "vector"))
                .addInitializer(Tensors.floats("weights", new FloatTensor(new long[] {weights.length, values}, flat)));
        return file(graph, "embedding", name, List.of(), Map.of("head.normalize", "l2"));
    }

    /**
     * Finds the halves of a picture that are bright: the score of the left and of the right one is its mean brightness, 0 to 1, both are of
     * class {@code lamp}.
     *
     * @param threshold of the score
     */
    static byte[] detector(String name, int side, double threshold) {
        int pixels = side * side;
        float[] weights = new float[pixels * 3 * 2];
        for (int i = 0; i < pixels * 3; i++) {
            weights[2 * i + (i % side < side / 2 ? 0 : 1)] = 1 / (255f * 3 * pixels / 2);
        }
        float half = side / 2f;
        float[] boxes = {0, 0, half, side, half, 0, side, side};
        GraphProto.Builder graph = graph(side, "scores", 2, 1)
                .addOutput(value("boxes", DataType.FLOAT, 2, 4))
                .addNode(Nodes.node("Flatten", List.of("floats"), "flat"))
                .addNode(Nodes.node("MatMul", List.of("flat", "weights"), "means"))
                .addNode(Nodes.node("Reshape", List.of("means", "score shape"), "scores"))
                .addNode(Nodes.node("Mul", List.of("scores", "zero"), "nothing"))
                .addNode(Nodes.node("Add", List.of("nothing", "corners"), "boxes"))
                .addInitializer(Tensors.floats("weights", new FloatTensor(new long[] {pixels * 3L, 2}, weights)))
                .addInitializer(Tensors.longs("score shape", -1, 2, 1))
                .addInitializer(Tensors.scalar("zero", 0))
                .addInitializer(Tensors.floats("corners", new FloatTensor(new long[] {1, 2, 4}, boxes)));
        return file(
                graph,
                "detection",
                name,
                List.of("lamp"),
                Map.of("head.decoding", "boxes", "head.threshold", String.valueOf(threshold)));
    }

    private static GraphProto.Builder graph(int side, String output, long... shape) {
        NodeProto cast = Nodes.node("Cast", List.of("pixels"), "floats", Nodes.integer("to", 1));
        return GraphProto.newBuilder()
                .setName("task")
                .addInput(value("pixels", DataType.UINT8, 3, side, side))
                .addOutput(value(output, DataType.FLOAT, shape))
                .addNode(cast);
    }

    private static byte[] file(
            GraphProto.Builder graph, String task, String name, List<String> labels, Map<String, String> use) {
        ModelProto model = ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .setGraph(graph)
                .build();
        Map<String, String> metadata = new HashMap<>();
        use.forEach((key, value) -> metadata.put("millrace." + key, value));
        metadata.put("millrace.task", task);
        metadata.put("millrace.name", name);
        metadata.put("millrace.precision", "fp32");
        metadata.put(
                "millrace.labels",
                labels.stream().map(label -> '"' + label + '"').collect(Collectors.joining(",", "[", "]")));
        return OnnxFile.withMetadata(model, metadata).toByteArray();
    }

    private static ValueInfoProto value(String name, DataType type, long... dimensions) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder()
                .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("n"));
        for (long dimension : dimensions) {
            shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dimension));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(type.getNumber())
                                .setShape(shape)))
                .build();
    }

    /** HWC pixels, all of that colour, 0xRRGGBB. */
    static byte[] plain(int side, int rgb) {
        byte[] pixels = new byte[side * side * 3];
        IntStream.range(0, pixels.length).forEach(i -> pixels[i] = (byte) (rgb >> (16 - 8 * (i % 3))));
        return pixels;
    }
}
