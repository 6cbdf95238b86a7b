package dev.millrace.trainer.quantize;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.observe.ObservedModel;
import dev.millrace.trainer.onnx.Graphs;
import dev.millrace.trainer.prepare.PreparedModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Signal to quantization noise after every integer node, in the order in which they run. */
final class LayerNoise {
    private LayerNoise() {}

    /**
     * Runs both models over the images and compares what their layers make.
     *
     * @return decibels by node name; the noise of all layers before is in it
     */
    static Map<String, Double> measure(PreparedModel fp32, ModelProto int8, GraphPlan plan, LabelledImages images) {
        FreshNames names = new FreshNames(fp32.model().getGraph());
        Map<String, String> nodes = new LinkedHashMap<>();
        Map<String, String> counterparts = new HashMap<>();
        for (NodeProto node : plan.nodes) {
            String output = node.getOutput(0);
            if (plan.integer.contains(Graphs.nameOf(node)) && plan.quantized.contains(output)) {
                nodes.put(output, Graphs.nameOf(node));
                counterparts.put(output, names.dequantized(plan, output));
            }
        }
        Map<String, double[]> powers = new HashMap<>();
        try (ObservedModel expected = new ObservedModel(fp32.model(), fp32.input(), nodes.keySet());
                ObservedModel actual = new ObservedModel(
                        int8, fp32.input(), counterparts.values().stream().collect(Collectors.toSet()))) {
            // Image by image, so that only one image's activations are held.
            for (int i = 0; i < images.size(); i++) {
                LabelledImages one = images.select(new int[] {i});
                Map<String, float[]> signals = new HashMap<>();
                expected.run(one, (tensor, values) -> {
                    float[] copy = new float[values.remaining()];
                    values.get(copy);
                    signals.put(counterparts.getOrDefault(tensor, tensor), copy);
                });
                actual.run(one, (tensor, values) -> {
                    float[] signal = signals.getOrDefault(tensor, new float[0]);
                    double[] power = powers.computeIfAbsent(tensor, t -> new double[2]);
                    for (float value : signal) {
                        double noise = value - values.get();
                        power[0] += (double) value * value;
                        power[1] += noise * noise;
                    }
                });
            }
        }
        Map<String, Double> decibels = new LinkedHashMap<>();
        List<String> order = new ArrayList<>(nodes.keySet());
        for (String output : order) {
            double[] power = powers.getOrDefault(counterparts.getOrDefault(output, output), new double[2]);
            decibels.put(nodes.getOrDefault(output, output), Closeness.sqnrDb(power[0], power[1]));
        }
        return decibels;
    }
}
