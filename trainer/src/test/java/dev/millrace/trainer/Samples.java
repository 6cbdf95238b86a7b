package dev.millrace.trainer;

import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.net.Architecture;
import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.net.Normalization;
import dev.millrace.trainer.weights.FloatTensor;
import dev.millrace.trainer.weights.InitialWeights;
import dev.millrace.trainer.weights.TrainedNet;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/** Small real data and small nets with random weights. */
public final class Samples {
    private Samples() {}

    /** The bundled images cut into 640 to train on, 100 to validate on and 100 to test on. */
    public static Dataset dataset() throws IOException {
        Dataset bundled = DatasetSpec.parse("bundled:fashion-mnist").load();
        LabelledImages all = bundled.test();
        return new Dataset(
                bundled.name(),
                bundled.classes(),
                bundled.shape(),
                part(all, 0, 640),
                part(all, 640, 740),
                part(all, 740, 840),
                bundled.origin());
    }

    private static LabelledImages part(LabelledImages images, int from, int to) {
        return images.select(IntStream.range(from, to).toArray());
    }

    /** An untrained micro net for the bundled images; its batch norms have statistics of their own. */
    public static TrainedNet randomNet(long seed) throws IOException {
        Dataset data = dataset();
        return randomNet(
                Architecture.RESNET_MICRO.network(data.shape(), data.classes().size()), seed);
    }

    /** The network with random weights. */
    public static TrainedNet randomNet(Network network, long seed) throws IOException {
        System.out.println("seed of the random weights: " + seed);
        Random random = new Random(seed);
        Map<String, FloatTensor> weights = new LinkedHashMap<>(InitialWeights.of(network, seed));
        weights.replaceAll((name, tensor) -> {
            float[] values = tensor.values().clone();
            for (int i = 0; i < values.length; i++) {
                if (name.endsWith("_norm.running_var") || name.endsWith("_norm.weight")) {
                    values[i] = 0.5f + random.nextFloat();
                } else if (name.contains("_norm.") || name.endsWith(".bias")) {
                    values[i] = random.nextFloat() - 0.5f;
                }
            }
            return new FloatTensor(tensor.shape(), values);
        });
        ImageShape shape = network.input();
        return new TrainedNet(
                network,
                new Normalization(73, 1 / 64f),
                dataset().classes(),
                weights,
                Map.of("dataset", "fashion-mnist", "architecture", network.architecture(), "shape", shape.toString()));
    }
}
