package dev.millrace.trainer.weights;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.net.Architecture;
import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.net.Normalization;
import dev.millrace.trainer.net.WeightShape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A network with trained weights and what is needed to use it, as one safetensors file.
 *
 * @param labels class names by index
 * @param lineage where it comes from: {@code dataset}, {@code dataset.sha256}, {@code architecture}, {@code recipe}, and
 *     {@code metrics.*} as decimal numbers
 */
public record TrainedNet(
        Network network,
        Normalization normalization,
        List<String> labels,
        Map<String, FloatTensor> weights,
        Map<String, String> lineage) {
    /** Key of the metadata of such files. */
    static final String ARCHITECTURE = "architecture";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LINEAGE = "lineage.";
    private static final String MEAN = "mean";
    private static final String SCALE = "scale";

    public TrainedNet {
        labels = List.copyOf(labels);
        lineage = Map.copyOf(lineage);
    }

    /** Replaces the file in one step. */
    public void save(Path file) throws IOException {
        Map<String, String> metadata = new TreeMap<>(Map.of(
                ARCHITECTURE,
                network.architecture(),
                "height",
                String.valueOf(network.input().height()),
                "width",
                String.valueOf(network.input().width()),
                "channels",
                String.valueOf(network.input().channels()),
                MEAN,
                String.valueOf(normalization.mean()),
                SCALE,
                String.valueOf(normalization.scale()),
                "labels",
                JSON.writeValueAsString(labels)));
        lineage.forEach((key, value) -> metadata.put(LINEAGE + key, value));
        new TensorFile(metadata, weights).write(file);
    }

    /**
     * Reads what {@link #save} wrote.
     *
     * @throws IOException also when the file is no trained network
     */
    public static TrainedNet load(Path file) throws IOException {
        TensorFile content = TensorFile.read(file);
        Map<String, String> metadata = content.metadata();
        try {
            List<String> labels = JSON.readValue(required(metadata, "labels"), new TypeReference<List<String>>() {});
            ImageShape shape = new ImageShape(
                    Integer.parseInt(required(metadata, "height")),
                    Integer.parseInt(required(metadata, "width")),
                    Integer.parseInt(required(metadata, "channels")));
            Network network =
                    Architecture.parse(required(metadata, ARCHITECTURE)).network(shape, labels.size());
            required(metadata, MEAN);
            Normalization normalization = normalization(metadata).orElseThrow();
            Map<String, String> lineage = new TreeMap<>();
            metadata.forEach((key, value) -> {
                if (key.startsWith(LINEAGE)) {
                    lineage.put(key.substring(LINEAGE.length()), value);
                }
            });
            Set<String> names =
                    network.weights().stream().map(WeightShape::name).collect(Collectors.toSet());
            if (!content.tensors().keySet().equals(names)) {
                throw new IllegalArgumentException("tensors: %s (expected: those of %s)"
                        .formatted(content.tensors().keySet(), network.architecture()));
            }
            return new TrainedNet(network, normalization, labels, content.tensors(), lineage);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * What was done to pixels when the weights of a file were learned; empty when it is none that `train` wrote.
     *
     * @throws IllegalArgumentException when it says something impossible
     */
    static Optional<Normalization> normalization(Map<String, String> metadata) {
        return metadata.containsKey(MEAN)
                ? Optional.of(new Normalization(
                        Integer.parseInt(required(metadata, MEAN)), Float.parseFloat(required(metadata, SCALE))))
                : Optional.empty();
    }

    private static String required(Map<String, String> metadata, String key) {
        String value = metadata.get(key);
        if (value == null) {
            throw new IllegalArgumentException("metadata: no '" + key + "' (expected: a file that `train` wrote)");
        }
        return value;
    }
}
