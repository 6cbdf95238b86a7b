package dev.millrace.trainer;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
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
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;

/**
 * A detector of grey pictures, 16 x 16, whose four quarters are things where they are bright: the score of quarter q (row by row) is its mean
 * brightness, 0 to 1, its class q % 2, its box the quarter without its outermost pixels. Its threshold is 0.5.
 */
public final class TinyDetector {
    private static final int SIDE = 16;
    private static final int HALF = SIDE / 2;
    private static final long OPEN = -1;
    private static final int PIXELS = SIDE * SIDE;

    private TinyDetector() {}

    /** With the labels {@code thing 0} and {@code thing 1}. */
    public static byte[] onnx() {
        float[] scores = new float[PIXELS * 8];
        for (int pixel = 0; pixel < PIXELS; pixel++) {
            int quarter = quarter(pixel);
            scores[(pixel * 4 + quarter) * 2 + quarter % 2] = 1 / (255f * HALF * HALF);
        }
        float[] corners = new float[16];
        for (int quarter = 0; quarter < 4; quarter++) {
            int left = quarter % 2 * HALF;
            int top = quarter / 2 * HALF;
            corners[4 * quarter] = left + 1;
            corners[4 * quarter + 1] = top + 1;
            corners[4 * quarter + 2] = left + HALF - 1;
            corners[4 * quarter + 3] = top + HALF - 1;
        }
        GraphProto.Builder graph = GraphProto.newBuilder()
                .setName("tiny detector")
                .addInput(value("pixels", DataType.UINT8, 1, SIDE, SIDE))
                .addOutput(value("scores", DataType.FLOAT, 4, 2))
                .addOutput(value("boxes", DataType.FLOAT, 4, 4))
                .addInitializer(floats("score_weights", scores, PIXELS, 8))
                .addInitializer(floats("no_weights", new float[PIXELS * 16], PIXELS, 16))
                .addInitializer(floats("corners", corners, 16))
                .addInitializer(longs("score_shape", -1, 4, 2))
                .addInitializer(longs("box_shape", -1, 4, 4))
                .addNode(Nodes.node("Cast", List.of("pixels"), "floats", Nodes.integer("to", 1)))
                .addNode(Nodes.node("Flatten", List.of("floats"), "flat"))
                .addNode(Nodes.node("MatMul", List.of("flat", "score_weights"), "flat_scores"))
                .addNode(Nodes.node("MatMul", List.of("flat", "no_weights"), "zeros"))
                .addNode(Nodes.node("Add", List.of("zeros", "corners"), "flat_boxes"))
                .addNode(Nodes.node("Reshape", List.of("flat_scores", "score_shape"), "scores"))
                .addNode(Nodes.node("Reshape", List.of("flat_boxes", "box_shape"), "boxes"));
        ModelProto model = ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .setGraph(graph)
                .build();
        return OnnxFile.withMetadata(
                        model,
                        Map.of(
                                "millrace.task", "detection",
                                "millrace.name", "tiny-detector",
                                "millrace.precision", "fp32",
                                "millrace.labels", "[\"thing 0\",\"thing 1\"]",
                                "millrace.head.decoding", "boxes",
                                "millrace.head.threshold", "0.5"))
                .toByteArray();
    }

    /**
     * A detector of colour pictures of any size, made for 8 x 12 (height first), that says of itself what exporters of Ultralytics write and
     * no more: each pixel is a box, its channels, mixed, are centre, size and the scores of {@code cat} and {@code dog}.
     */
    public static byte[] openExport() {
        float[] weights = new float[18];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (i * 7 % 18 - 4) / 18f;
        }
        GraphProto.Builder graph = GraphProto.newBuilder()
                .setName("open export")
                .addInput(value("images", DataType.FLOAT, 3, OPEN, OPEN))
                .addOutput(value("output0", DataType.FLOAT, OPEN, OPEN))
                .addInitializer(floats("weights", weights, 6, 3, 1, 1))
                .addInitializer(floats("bias", new float[6], 6))
                .addInitializer(longs("shape", 0, 6, -1))
                .addNode(Nodes.node("Conv", List.of("images", "weights", "bias"), "mixed"))
                .addNode(Nodes.node("Reshape", List.of("mixed", "shape"), "output0"));
        ModelProto model = ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .setGraph(graph)
                .build();
        return OnnxFile.withMetadata(
                        model,
                        Map.of("task", "detect", "stride", "32", "names", "{0: 'cat', 1: 'dog'}", "imgsz", "[8, 12]"))
                .toByteArray();
    }

    /** Writes a PNG picture whose quarters have that brightness. */
    public static void picture(Path file, int... brightness) throws IOException {
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_BYTE_GRAY);
        for (int pixel = 0; pixel < PIXELS; pixel++) {
            image.getRaster().setSample(pixel % SIDE, pixel / SIDE, 0, brightness[quarter(pixel)]);
        }
        Files.createDirectories(file.getParent());
        ImageIO.write(image, "png", file.toFile());
    }

    private static int quarter(int pixel) {
        return pixel / SIDE / HALF * 2 + pixel % SIDE / HALF;
    }

    private static TensorProto floats(String name, float[] values, long... shape) {
        return Tensors.floats(name, new FloatTensor(shape, values));
    }

    private static TensorProto longs(String name, long... values) {
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(DataType.INT64.getNumber())
                .addDims(values.length);
        for (long value : values) {
            tensor.addInt64Data(value);
        }
        return tensor.build();
    }

    private static ValueInfoProto value(String name, DataType type, long... dimensions) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder()
                .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("n"));
        for (long dimension : dimensions) {
            shape.addDim(
                    dimension == OPEN
                            ? TensorShapeProto.Dimension.newBuilder().setDimParam("d" + shape.getDimCount())
                            : TensorShapeProto.Dimension.newBuilder().setDimValue(dimension));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(type.getNumber())
                                .setShape(shape)))
                .build();
    }
}
