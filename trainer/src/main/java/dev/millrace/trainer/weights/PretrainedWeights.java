package dev.millrace.trainer.weights;

import dev.millrace.trainer.net.Architecture;
import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.net.Normalization;
import dev.millrace.trainer.net.WeightShape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * What another training has learned, for a network of the same architecture.
 *
 * @param weights all of the network's by our names, but the classifier's where that is for another number of classes
 * @param classes that they were learned for
 * @param normalization of the pixels they were learned on; empty where the file does not say it
 * @param sha256 of the file, 64 lower-case hex digits
 */
public record PretrainedWeights(
        Map<String, FloatTensor> weights, int classes, Optional<Normalization> normalization, String sha256) {
    /** A tensor of every batch norm in PyTorch, which nothing reads at a fixed momentum. */
    private static final String COUNTER = ".num_batches_tracked";

    public PretrainedWeights {
        weights = Map.copyOf(weights);
    }

    /**
     * Reads a safetensors file: our own {@code model.safetensors}, or one with the names of torchvision (ResNets), timm or
     * efficientnet_lite_pytorch (EfficientNet-Lite).
     *
     * @param network of an {@link Architecture}
     * @throws IOException when it is no safetensors file, or its tensors are not exactly those of the architecture; the message names one
     */
    public static PretrainedWeights read(Path file, Network network) throws IOException {
        TensorFile content = TensorFile.read(file, name -> !name.endsWith(COUNTER));
        try {
            requireArchitecture(content.metadata(), network);
            Map<String, String> names = names(content.tensors(), network);
            requireAll(content.tensors(), names, network);
            int classes = classes(content.tensors(), names, network);
            Network theirs = Architecture.parse(network.architecture()).network(network.input(), Math.max(1, classes));
            Map<String, FloatTensor> weights = renamed(content.tensors(), names, theirs);
            if (classes != network.classes()) {
                network.classifier().forEach(weight -> weights.remove(weight.name()));
            }
            return new PretrainedWeights(
                    weights, classes, TrainedNet.normalization(content.metadata()), TensorFile.sha256(file));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /** Whether the network's classifier is among them. */
    public boolean hasClassifier(Network network) {
        return classes == network.classes();
    }

    private static void requireArchitecture(Map<String, String> metadata, Network network) {
        String architecture = metadata.getOrDefault(TrainedNet.ARCHITECTURE, network.architecture());
        if (!architecture.equals(network.architecture())) {
            throw new IllegalArgumentException(
                    "weights of %s (expected: of %s)".formatted(architecture, network.architecture()));
        }
    }

    /** The file's names by ours, in the naming that it has most names of. */
    private static Map<String, String> names(Map<String, FloatTensor> tensors, Network network) {
        List<Naming> namings = Arrays.stream(Naming.values())
                .filter(naming -> naming.knows(network))
                .toList();
        Map<String, String> best = Map.of();
        long most = 0;
        for (Naming naming : namings) {
            Map<String, String> names = naming.of(network);
            long known = names.values().stream().filter(tensors::containsKey).count();
            if (known > most) {
                most = known;
                best = names;
            }
        }
        if (most == 0) {
            throw new IllegalArgumentException("tensors: %s, ... (expected: those of %s, by the names of one of %s)"
                    .formatted(
                            String.join(", ", tensors.keySet().stream().limit(3).toList()),
                            network.architecture(),
                            namings));
        }
        return best;
    }

    private static void requireAll(Map<String, FloatTensor> tensors, Map<String, String> names, Network network) {
        Predicate<String> present = tensors::containsKey;
        names.values().stream().filter(present.negate()).findFirst().ifPresent(missing -> {
            throw new IllegalArgumentException(
                    "tensor %s: missing (expected: all weights of %s)".formatted(missing, network.architecture()));
        });
        Set<String> unknown = new TreeSet<>(tensors.keySet());
        unknown.removeAll(new HashSet<>(names.values()));
        unknown.stream().findFirst().ifPresent(name -> {
            throw new IllegalArgumentException(
                    "tensor %s: unknown (expected: only the weights of %s)".formatted(name, network.architecture()));
        });
    }

    private static int classes(Map<String, FloatTensor> tensors, Map<String, String> names, Network network) {
        long[] shape = tensor(tensors, names, network.classifier().get(0)).shape();
        return shape.length == 0 ? 0 : Math.toIntExact(shape[0]);
    }

    private static Map<String, FloatTensor> renamed(
            Map<String, FloatTensor> tensors, Map<String, String> names, Network theirs) {
        Map<String, FloatTensor> weights = new LinkedHashMap<>();
        for (WeightShape weight : theirs.weights()) {
            FloatTensor tensor = tensor(tensors, names, weight);
            long[] expected =
                    weight.dimensions().stream().mapToLong(Integer::longValue).toArray();
            if (!Arrays.equals(tensor.shape(), expected)) {
                throw new IllegalArgumentException("tensor %s: shape %s (expected: %s in %s)"
                        .formatted(
                                names.get(weight.name()),
                                Arrays.toString(tensor.shape()),
                                weight.dimensions(),
                                theirs.architecture()));
            }
            weights.put(weight.name(), tensor);
        }
        return weights;
    }

    private static FloatTensor tensor(Map<String, FloatTensor> tensors, Map<String, String> names, WeightShape weight) {
        FloatTensor tensor = tensors.get(names.getOrDefault(weight.name(), weight.name()));
        if (tensor == null) {
            throw new IllegalStateException(weight.name() + " is missing (expected: looked for before)");
        }
        return tensor;
    }
}
