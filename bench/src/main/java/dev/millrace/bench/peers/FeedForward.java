package dev.millrace.bench.peers;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.millrace.trainer.onnx.Graphs;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.Nodes;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.onnx.Tensors;
import dev.millrace.trainer.weights.FloatTensor;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A network of the shape and size of Crayfish's FFNN: 28 x 28 pixels, three hidden layers of 32, ten classes, 27,562 weights, which
 * are random.
 */
final class FeedForward {
    private static final int SIDE = 28;
    private static final int[] WIDTHS = {SIDE * SIDE, 32, 32, 32, 10};
    private static final String INPUT = "pixels";
    private static final String OUTPUT = "logits";
    private static final float SCALE = 1 / 255f;
    private static final int IR_VERSION = 8;
    private static final int OPSET = 17;

    private FeedForward() {}

    /** The ONNX bytes: uint8 [n, 1, 28, 28] to float [n, 10]. */
    static byte[] onnx(long seed) {
        Random random = new Random(seed);
        GraphProto.Builder graph = GraphProto.newBuilder()
                .setName("ffnn")
                .addInput(Graphs.batch(INPUT, DataType.UINT8, 1, SIDE, SIDE))
                .addOutput(Graphs.batch(OUTPUT, DataType.FLOAT, WIDTHS[WIDTHS.length - 1]))
                .addInitializer(Tensors.scalar("scale", SCALE))
                .addInitializer(Tensors.bytes("zero", DataType.UINT8, new byte[1]))
                .addNode(Nodes.node("DequantizeLinear", List.of(INPUT, "scale", "zero"), "floats"))
                .addNode(Nodes.node("Flatten", List.of("floats"), "hidden0", Nodes.integer("axis", 1)));
        int layers = WIDTHS.length - 1;
        for (int layer = 0; layer < layers; layer++) {
            String weight = "weight" + layer;
            String bias = "bias" + layer;
            String sum = layer == layers - 1 ? OUTPUT : "sum" + layer;
            graph.addInitializer(Tensors.floats(weight, gaussian(random, WIDTHS[layer], WIDTHS[layer + 1])))
                    .addInitializer(Tensors.floats(bias, gaussian(random, WIDTHS[layer + 1])))
                    .addNode(Nodes.node("Gemm", List.of("hidden" + layer, weight, bias), sum));
            if (layer < layers - 1) {
                graph.addNode(Nodes.node("Relu", List.of(sum), "hidden" + (layer + 1)));
            }
        }
        ModelProto model = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET))
                .setGraph(graph)
                .build();
        return OnnxFile.withMetadata(
                        model,
                        Map.of(
                                ModelMetadata.NAME, "ffnn",
                                ModelMetadata.TASK, "classification",
                                ModelMetadata.PRECISION, "fp32",
                                ModelMetadata.LABELS, labels(),
                                ModelMetadata.LAYOUT, "NCHW",
                                ModelMetadata.CHANNEL_ORDER, "GREY",
                                ModelMetadata.MEAN, "0",
                                ModelMetadata.SCALE, Float.toString(SCALE)))
                .toByteArray();
    }

    private static String labels() {
        return ModelMetadata.json(IntStream.range(0, WIDTHS[WIDTHS.length - 1])
                .mapToObj(Integer::toString)
                .toList());
    }

    /** As wide as keeps the variance from layer to layer (He et al. 2015). */
    private static FloatTensor gaussian(Random random, long... shape) {
        float[] values = new float[(int) (shape.length == 1 ? shape[0] : shape[0] * shape[1])];
        double width = Math.sqrt(2.0 / shape[0]);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * width);
        }
        return new FloatTensor(shape, values);
    }
}
