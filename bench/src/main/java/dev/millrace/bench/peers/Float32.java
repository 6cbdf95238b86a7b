package dev.millrace.bench.peers;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.millrace.trainer.onnx.Graphs;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.Nodes;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.onnx.Tensors;
import dev.millrace.trainer.weights.FloatTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The network of an int8 file computed in floats: the same layers with the weights that the file's integers stand for. Pairs of
 * QuantizeLinear and DequantizeLinear go; where such a pair cut off what is below zero, as a ReLU that the quantizer took away
 * did, a Relu comes back. Pure.
 */
final class Float32 {
    private Float32() {}

    /** The fp32 model, with the int8 model's inputs and metadata. */
    static byte[] of(byte[] int8) throws IOException {
        ModelProto model = OnnxFile.parse(int8, "model");
        GraphProto graph = model.getGraph();
        Map<String, TensorProto> constants = new HashMap<>();
        graph.getInitializerList().forEach(tensor -> constants.put(tensor.getName(), tensor));
        Map<String, String> quantized = new HashMap<>();
        GraphProto.Builder floats = graph.toBuilder().clearNode();
        for (NodeProto node : graph.getNodeList()) {
            if (node.getOpType().equals("QuantizeLinear")) {
                quantized.put(node.getOutput(0), node.getInput(0));
            } else if (!node.getOpType().equals("DequantizeLinear")) {
                floats.addNode(node);
            } else if (constants.containsKey(node.getInput(0))) {
                floats.addInitializer(weights(node, constants));
            } else if (quantized.containsKey(node.getInput(0))) {
                String source = quantized.get(node.getInput(0));
                boolean cut = Tensors.unsignedByteOf(named(node.getInput(2), constants)) == 0;
                floats.addNode(Nodes.node(cut ? "Relu" : "Identity", List.of(source), node.getOutput(0)));
            } else {
                floats.addNode(node);
            }
        }
        dropUnread(floats);
        Map<String, String> metadata = new TreeMap<>(OnnxFile.metadata(model));
        metadata.remove(ModelMetadata.QUANTIZATION);
        metadata.put(ModelMetadata.PRECISION, "fp32");
        return OnnxFile.withMetadata(model.toBuilder().setGraph(floats).build(), metadata)
                .toByteArray();
    }

    /**
     * The same model, which takes floats: pixels that somebody else has subtracted the mean from and scaled.
     *
     * @param pixels begins with a DequantizeLinear of its only input
     */
    static byte[] takingFloats(byte[] pixels) throws IOException {
        ModelProto model = OnnxFile.parse(pixels, "model");
        GraphProto graph = model.getGraph();
        String input = Graphs.inputs(graph).get(0).getName();
        GraphProto.Builder changed = graph.toBuilder().clearNode();
        for (NodeProto node : graph.getNodeList()) {
            if (node.getOpType().equals("DequantizeLinear") && node.getInput(0).equals(input)) {
                changed.addNode(Nodes.node("Identity", List.of(input), node.getOutput(0)));
            } else {
                changed.addNode(node);
            }
        }
        for (int i = 0; i < changed.getInputCount(); i++) {
            if (changed.getInput(i).getName().equals(input)) {
                changed.getInputBuilder(i)
                        .getTypeBuilder()
                        .getTensorTypeBuilder()
                        .setElemType(DataType.FLOAT.getNumber());
            }
        }
        dropUnread(changed);
        return model.toBuilder().setGraph(changed).build().toByteArray();
    }

    /** Constants that no node reads: the runtime warns of each. */
    private static void dropUnread(GraphProto.Builder graph) {
        Set<String> read = graph.getNodeList().stream()
                .flatMap(node -> node.getInputList().stream())
                .collect(Collectors.toSet());
        List<TensorProto> kept = graph.getInitializerList().stream()
                .filter(constant -> read.contains(constant.getName()))
                .toList();
        graph.clearInitializer().addAllInitializer(kept);
    }

    private static TensorProto weights(NodeProto node, Map<String, TensorProto> constants) {
        TensorProto integers = named(node.getInput(0), constants);
        float[] scales = Tensors.floatsOf(named(node.getInput(1), constants)).values();
        int[] zeros = node.getInputCount() < 3 ? new int[scales.length] : integers(named(node.getInput(2), constants));
        long[] shape =
                integers.getDimsList().stream().mapToLong(Long::longValue).toArray();
        int axis = (int) Nodes.integerOf(node, "axis", 1);
        int inner = 1;
        for (int i = axis + 1; i < shape.length; i++) {
            inner *= (int) shape[i];
        }
        int[] values = integers(integers);
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            int channel = scales.length == 1 ? 0 : i / inner % scales.length;
            floats[i] = (values[i] - zeros[channel]) * scales[channel];
        }
        return Tensors.floats(node.getOutput(0), new FloatTensor(shape, floats));
    }

    private static TensorProto named(String name, Map<String, TensorProto> constants) {
        TensorProto tensor = constants.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException(
                    "model: " + name + " is computed (expected: an int8 model with constant scales and zero points)");
        }
        return tensor;
    }

    private static int[] integers(TensorProto tensor) {
        ByteBuffer raw = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        DataType type = DataType.forNumber(tensor.getDataType());
        int[] values = new int[type == DataType.INT32 ? raw.remaining() / Integer.BYTES : raw.remaining()];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (type) {
                case INT32 -> raw.getInt();
                case INT8 -> raw.get();
                case UINT8 -> Byte.toUnsignedInt(raw.get());
                default ->
                    throw new IllegalArgumentException(
                            "tensor " + tensor.getName() + ": type " + type + " (expected: INT32, INT8 or UINT8)");
            };
        }
        return values;
    }
}
