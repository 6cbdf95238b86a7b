package dev.millrace.trainer.export;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.net.Normalization;
import dev.millrace.trainer.onnx.Graphs;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.Nodes;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.onnx.Tensors;
import dev.millrace.trainer.weights.TrainedNet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Turns a trained network into an fp32 ONNX model for any batch size. Input: uint8 {@code pixels} [n, channels, height, width], which a
 * DequantizeLinear at the head normalises, or the same normalised, float {@code input}. Output {@code logits}: float [n, classes].
 */
public final class OnnxExport {
    /** Name of the graph input that takes bytes. The one that takes floats is named {@link Network#INPUT}. */
    public static final String PIXELS = "pixels";

    private static final List<String> IMAGE_DIMENSIONS =
            List.of("DATA_BATCH", "DATA_CHANNEL", "DATA_FEATURE", "DATA_FEATURE");

    private OnnxExport() {}

    /**
     * Exports a network with {@link ExportOptions#named}.
     *
     * @param name model name to put into the metadata
     */
    public static ModelProto export(TrainedNet trained, String name) {
        return export(trained, ExportOptions.named(name));
    }

    /** Exports a network. Equal networks and options are equal bytes. */
    public static ModelProto export(TrainedNet trained, ExportOptions options) {
        Network network = trained.network();
        GraphProto.Builder graph = GraphProto.newBuilder().setName(network.architecture());
        switch (options.input()) {
            case UINT8 -> {
                graph.addInput(images(PIXELS, DataType.UINT8, network.input()));
                dequantizePixels(graph, trained.normalization());
            }
            case FLOAT -> graph.addInput(images(Network.INPUT, DataType.FLOAT, network.input()));
        }
        graph.addOutput(Graphs.batch(network.output(), DataType.FLOAT, network.classes()));
        OnnxOps ops = new OnnxOps(graph, trained.weights());
        network.ops().forEach(op -> op.accept(ops));
        ModelProto model = ModelProto.newBuilder()
                .setIrVersion(options.opset().irVersion())
                .setProducerName("millrace")
                .addOpsetImport(OperatorSetIdProto.newBuilder()
                        .setDomain("")
                        .setVersion(options.opset().version()))
                .setGraph(graph)
                .build();
        return OnnxFile.withMetadata(model, metadata(trained, options));
    }

    private static void dequantizePixels(GraphProto.Builder graph, Normalization normalization) {
        graph.addInitializer(Tensors.scalar("pixels_scale", normalization.scale()));
        graph.addInitializer(Tensors.bytes("pixels_mean", DataType.UINT8, new byte[] {(byte) normalization.mean()}));
        graph.addNode(Nodes.node("DequantizeLinear", List.of(PIXELS, "pixels_scale", "pixels_mean"), Network.INPUT));
    }

    private static Map<String, String> metadata(TrainedNet trained, ExportOptions options) {
        boolean grey = trained.network().input().channels() == 1;
        Map<String, String> metadata = new TreeMap<>(trained.lineage());
        metadata.putAll(options.lineage());
        metadata.put(ModelMetadata.NAME, options.name());
        metadata.put(ModelMetadata.TASK, "classification");
        metadata.put(ModelMetadata.LABELS, ModelMetadata.json(trained.labels()));
        metadata.put(ModelMetadata.PRECISION, "fp32");
        metadata.put(ModelMetadata.MEAN, String.valueOf((float)
                trained.normalization().mean()));
        metadata.put(ModelMetadata.SCALE, String.valueOf(trained.normalization().scale()));
        metadata.put(ModelMetadata.LAYOUT, "NCHW");
        metadata.put(ModelMetadata.CHANNEL_ORDER, grey ? "GREY" : "RGB");
        metadata.put("Image.BitmapPixelFormat", grey ? "Gray8" : "Rgb8");
        metadata.put("Image.ColorSpaceGamma", "SRGB");
        if (options.input() == InputKind.UINT8) {
            // None of the ranges that ONNX has names for is that of normalised pixels.
            metadata.put("Image.NominalPixelRange", "NominalRange_0_255");
        }
        return metadata;
    }

    /**
     * An input that says it holds images, batch and channels first.
     *
     * @see <a href="https://github.com/onnx/onnx/blob/main/docs/TypeDenotation.md">ONNX type denotation</a>
     */
    private static ValueInfoProto images(String name, DataType type, ImageShape shape) {
        ValueInfoProto.Builder images =
                Graphs.batch(name, type, shape.channels(), shape.height(), shape.width()).toBuilder();
        images.getTypeBuilder().setDenotation("IMAGE");
        TensorShapeProto.Builder dimensions =
                images.getTypeBuilder().getTensorTypeBuilder().getShapeBuilder();
        for (int axis = 0; axis < IMAGE_DIMENSIONS.size(); axis++) {
            dimensions.getDimBuilder(axis).setDenotation(IMAGE_DIMENSIONS.get(axis));
        }
        return images.build();
    }
}
