package dev.millrace.trainer.export;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.net.Normalization;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.Nodes;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.onnx.Tensors;
import dev.millrace.trainer.weights.TrainedNet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Turns a trained network into an fp32 ONNX model: opset 17, IR 8, any batch size. Input {@code pixels}: uint8 [n, channels, height,
 * width]. Output {@code logits}: float [n, classes]. A DequantizeLinear at the head does the normalisation.
 */
public final class OnnxExport {
    /** Name of the graph input. */
    public static final String PIXELS = "pixels";

    private static final int OPSET = 17;
    private static final int IR_VERSION = 8;
    private static final String BATCH = "n";

    private OnnxExport() {}

    /**
     * Exports a network.
     *
     * @param name model name to put into the metadata
     */
    public static ModelProto export(TrainedNet trained, String name) {
        Network network = trained.network();
        GraphProto.Builder graph = GraphProto.newBuilder()
                .setName(network.architecture())
                .addInput(value(
                        PIXELS,
                        DataType.UINT8,
                        network.input().channels(),
                        network.input().height(),
                        network.input().width()))
                .addOutput(value(network.output(), DataType.FLOAT, network.classes()));
        dequantizePixels(graph, trained.normalization());
        OnnxOps ops = new OnnxOps(graph, trained.weights());
        network.ops().forEach(op -> op.accept(ops));
        ModelProto model = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName("millrace")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
                .setGraph(graph)
                .build();
        return OnnxFile.withMetadata(model, metadata(trained, name));
    }

    private static void dequantizePixels(GraphProto.Builder graph, Normalization normalization) {
        graph.addInitializer(Tensors.scalar("pixels_scale", normalization.scale()));
        graph.addInitializer(Tensors.bytes("pixels_mean", DataType.UINT8, new byte[] {(byte) normalization.mean()}));
        graph.addNode(Nodes.node("DequantizeLinear", List.of(PIXELS, "pixels_scale", "pixels_mean"), Network.INPUT));
    }

    private static Map<String, String> metadata(TrainedNet trained, String name) {
        boolean grey = trained.network().input().channels() == 1;
        Map<String, String> metadata = new TreeMap<>(trained.lineage());
        metadata.put(ModelMetadata.NAME, name);
        metadata.put(ModelMetadata.TASK, "classification");
        metadata.put(ModelMetadata.LABELS, ModelMetadata.json(trained.labels()));
        metadata.put(ModelMetadata.PRECISION, "fp32");
        metadata.put(ModelMetadata.MEAN, String.valueOf((float)
                trained.normalization().mean()));
        metadata.put(ModelMetadata.SCALE, String.valueOf(trained.normalization().scale()));
        metadata.put(ModelMetadata.LAYOUT, "NCHW");
        metadata.put(ModelMetadata.CHANNEL_ORDER, grey ? "GREY" : "RGB");
        metadata.put("Image.BitmapPixelFormat", grey ? "Gray8" : "Rgb8");
        metadata.put("Image.NominalPixelRange", "NominalRange_0_255");
        return metadata;
    }

    private static ValueInfoProto value(String name, DataType type, long... dimensionsAfterBatch) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimParam(BATCH));
        for (long dimension : dimensionsAfterBatch) {
            shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dimension));
        }
        TypeProto.Tensor tensor = TypeProto.Tensor.newBuilder()
                .setElemType(type.getNumber())
                .setShape(shape)
                .build();
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build();
    }
}
