package dev.millrace.bench.bed;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.millrace.trainer.onnx.Graphs;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.Nodes;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.onnx.Tensors;
import dev.millrace.worker.decode.ChannelOrder;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.decode.TensorLayout;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A model that does next to nothing: the first ten pixels of an image are its logits. What is left is the pipeline. */
final class NullModel {
    /** How it is named where a model is asked for. */
    static final String NAME = "null";

    /** Of Fashion-MNIST's images. */
    static final PixelShape SHAPE = new PixelShape(28, 28, 1, TensorLayout.NCHW, ChannelOrder.GREY);

    private static final int CLASSES = 10;
    private static final int IR_VERSION = 8;
    private static final int OPSET = 17;

    private NullModel() {}

    /** The ONNX bytes, for images of that shape. */
    static byte[] onnx(PixelShape shape) {
        boolean planar = shape.layout() == TensorLayout.NCHW;
        long[] dimensions = planar
                ? new long[] {shape.channels(), shape.height(), shape.width()}
                : new long[] {shape.height(), shape.width(), shape.channels()};
        GraphProto.Builder graph = GraphProto.newBuilder()
                .setName(NAME)
                .addInput(Graphs.batch("pixels", DataType.UINT8, dimensions))
                .addOutput(Graphs.batch("logits", DataType.FLOAT, CLASSES))
                .addInitializer(Tensors.longs("from", 0))
                .addInitializer(Tensors.longs("to", CLASSES))
                .addInitializer(Tensors.longs("axis", 1))
                .addNode(Nodes.node("Flatten", List.of("pixels"), "flat", Nodes.integer("axis", 1)))
                .addNode(Nodes.node("Slice", List.of("flat", "from", "to", "axis"), "first"))
                .addNode(Nodes.node(
                        "Cast", List.of("first"), "logits", Nodes.integer("to", DataType.FLOAT.getNumber())));
        ModelProto model = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET))
                .setGraph(graph)
                .build();
        List<String> labels =
                IntStream.range(0, CLASSES).mapToObj(i -> "class " + i).toList();
        return OnnxFile.withMetadata(
                        model,
                        Map.of(
                                ModelMetadata.NAME,
                                NAME,
                                ModelMetadata.TASK,
                                "classification",
                                ModelMetadata.PRECISION,
                                "int8",
                                ModelMetadata.LABELS,
                                ModelMetadata.json(labels),
                                ModelMetadata.LAYOUT,
                                shape.layout().name(),
                                ModelMetadata.CHANNEL_ORDER,
                                shape.order().name(),
                                ModelMetadata.MEAN,
                                "0",
                                ModelMetadata.SCALE,
                                "1"))
                .toByteArray();
    }
}
