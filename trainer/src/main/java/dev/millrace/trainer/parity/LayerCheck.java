package dev.millrace.trainer.parity;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.net.Normalization;
import dev.millrace.trainer.observe.ImageInput;
import dev.millrace.trainer.observe.ObservedModel;
import dev.millrace.trainer.onnx.Graphs;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.weights.FloatTensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Shows where two engines part: what each layer makes of one image. In ONNX Runtime the model runs unoptimised, since fusions would
 * remove the tensors in question. Layers are matched by name, from the normalised pixels to the logits; what only one side has, such as
 * a convolution before its batch norm, is not compared.
 */
final class LayerCheck {
    private final Network network;
    private final Map<String, FloatTensor> expected = new LinkedHashMap<>();

    /**
     * Compares with these.
     *
     * @param image HWC
     * @param activations what PyTorch makes of it, by operation
     */
    LayerCheck(Network network, Normalization normalization, byte[] image, Map<String, FloatTensor> activations) {
        this.network = network;
        expected.put(Network.INPUT, normalised(image, network.input(), normalization));
        network.ops().forEach(op -> Optional.ofNullable(activations.get(op.name()))
                .ifPresent(tensor -> expected.put(op.name(), tensor)));
    }

    /** All layers that both sides have, in the order in which they run. */
    List<LayerDifference> compare(ModelProto model, LabelledImages image) {
        Set<String> common = new HashSet<>();
        model.getGraph().getNodeList().forEach(node -> common.addAll(node.getOutputList()));
        Graphs.inputs(model.getGraph()).stream().map(ValueInfoProto::getName).forEach(common::add);
        common.retainAll(expected.keySet());
        Map<String, LayerDifference> found = new HashMap<>();
        try (ObservedModel observed =
                new ObservedModel(model, ImageInput.of(model, OnnxFile.metadata(model)), common)) {
            observed.run(image, (tensor, values) -> {
                FloatTensor reference = expected.get(tensor);
                if (reference != null) {
                    found.put(
                            tensor, LayerDifference.of(tensor, operations(tensor, common), reference.values(), values));
                }
            });
        }
        List<LayerDifference> inOrder = new ArrayList<>();
        for (String tensor : expected.keySet()) {
            LayerDifference difference = found.get(tensor);
            if (difference != null) {
                inOrder.add(difference);
            }
        }
        return inOrder;
    }

    /** The first one that differs by a larger share of its largest output than {@code tolerance} is of the largest logit. */
    Optional<LayerDifference> firstBeyond(double tolerance, List<LayerDifference> layers) {
        double largestLogit = 0;
        for (float logit : expected.getOrDefault(network.output(), FloatTensor.vector(new float[0]))
                .values()) {
            largestLogit = Math.max(largestLogit, Math.abs(logit));
        }
        double share = tolerance / largestLogit;
        return layers.stream().filter(layer -> layer.isBeyond(share)).findFirst();
    }

    /** The operation of that name and, before it, those whose outputs cannot be compared. */
    private List<String> operations(String tensor, Set<String> compared) {
        List<String> operations = new ArrayList<>();
        network.ops().stream()
                .filter(op -> op.name().equals(tensor))
                .flatMap(op -> op.inputs().stream())
                .filter(input -> !compared.contains(input))
                .forEach(input -> operations.addAll(operations(input, compared)));
        operations.add(tensor);
        return operations;
    }

    private static FloatTensor normalised(byte[] image, ImageShape shape, Normalization normalization) {
        float[] values = new float[image.length];
        int plane = shape.height() * shape.width();
        for (int at = 0; at < image.length; at++) {
            int pixel = Byte.toUnsignedInt(image[at % plane * shape.channels() + at / plane]);
            values[at] = (pixel - normalization.mean()) * normalization.scale();
        }
        return new FloatTensor(new long[] {1, shape.channels(), shape.height(), shape.width()}, values);
    }
}
