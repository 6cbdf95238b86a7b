package dev.millrace.trainer.torch;

import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.net.Normalization;
import dev.millrace.trainer.net.Op;
import dev.millrace.trainer.net.WeightShape;
import dev.millrace.trainer.weights.FloatTensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * A network with its weights in PyTorch. One thread at a time.
 *
 * <p>Images are HWC bytes. Seen as [n, c, h, w] they lie in memory as PyTorch's channels_last format wants it, so no pixel is moved.
 */
public final class TorchNet {
    private final Network network;
    private final Normalization normalization;
    private final Compute compute;
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    /**
     * Copies the weights into PyTorch.
     *
     * @param weights every tensor that the network reads
     * @throws TorchUnavailableException when this build or machine has no PyTorch
     */
    public TorchNet(Network network, Normalization normalization, Map<String, FloatTensor> weights, Compute compute) {
        this.network = network;
        this.normalization = normalization;
        this.compute = compute;
        Torch.start(compute);
        for (WeightShape shape : network.weights()) {
            FloatTensor weight = weights.get(shape.name());
            if (weight == null) {
                throw new IllegalArgumentException("weights: no " + shape.name() + " (expected: all of the network's)");
            }
            tensors.put(shape.name(), Torch.tensor(weight));
        }
    }

    /** Copies of all weights, by name. */
    public Map<String, FloatTensor> weights() {
        Map<String, FloatTensor> copies = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> copies.put(name, Torch.copyOf(tensor)));
        return copies;
    }

    /**
     * Runs images as in serving: batch norms use their running statistics.
     *
     * @param pixels n HWC images, one after the other
     * @return n rows of logits, one per class
     */
    public float[] logits(byte[] pixels, int n) {
        return Torch.withoutGradients(
                () -> Torch.copyOf(forward(input(pixels, n), false)).values());
    }

    /** The weights that a gradient reaches; the running statistics are none of them. */
    Map<String, Tensor> parameters() {
        return learned(network.weights());
    }

    /** Those of them that belong to the classifier. */
    Map<String, Tensor> classifier() {
        return learned(network.classifier());
    }

    private Map<String, Tensor> learned(List<WeightShape> weights) {
        Map<String, Tensor> learned = new LinkedHashMap<>(tensors);
        learned.keySet()
                .retainAll(weights.stream()
                        .filter(WeightShape::learned)
                        .map(WeightShape::name)
                        .toList());
        return learned;
    }

    /** Moves every weight by this share of its distance to the other network's. */
    void moveTowards(TorchNet other, double share) {
        tensors.forEach((name, tensor) -> {
            Tensor target = other.tensors.get(name);
            if (target == null) {
                throw new IllegalArgumentException(
                        "weights: no " + name + " (expected: two networks of one architecture)");
            }
            tensor.lerp_(target, Torch.scalar(share));
        });
    }

    Tensor input(byte[] pixels, int n) {
        Tensor bytes = torch.from_blob(
                        new BytePointer(pixels),
                        new long[] {
                            n,
                            network.input().height(),
                            network.input().width(),
                            network.input().channels()
                        },
                        new TensorOptions(torch.ScalarType.Byte))
                .permute(0, 3, 1, 2);
        return bytes.to(torch.ScalarType.Float)
                .sub(Torch.scalar(normalization.mean()))
                .mul(Torch.scalar(normalization.scale()));
    }

    /** Logits in float32, [n, classes]. Autocast is on for the forward pass only, as PyTorch's guide asks. */
    Tensor forward(Tensor input, boolean training) {
        return run(network.ops(), new HashMap<>(Map.of(Network.INPUT, input)), training);
    }

    /** As {@link #forward}, but a gradient reaches the classifier only, and batch norms use their running statistics as in serving. */
    @SuppressWarnings("try")
    Tensor forwardOnFrozenFeatures(Tensor input) {
        Map<String, Tensor> values = new HashMap<>(Map.of(Network.INPUT, input));
        List<Op> features = network.ops().subList(0, network.ops().size() - 1);
        try (NoGradGuard guard = new NoGradGuard()) {
            run(features, values, false);
        }
        return run(List.of(network.ops().get(features.size())), values, false);
    }

    /** Adds what each operation makes to {@code values}; returns the last one's in float32. */
    private Tensor run(List<Op> ops, Map<String, Tensor> values, boolean training) {
        TorchOps torchOps = new TorchOps(values, tensors, training);
        Tensor newest = null;
        torch.set_autocast_enabled(torch.DeviceType.CPU, compute.bfloat16());
        try {
            for (Op op : ops) {
                newest = op.accept(torchOps);
                values.put(op.name(), newest);
            }
        } finally {
            torch.set_autocast_enabled(torch.DeviceType.CPU, false);
        }
        if (newest == null) {
            throw new IllegalStateException("operations: none (expected: one or more)");
        }
        return newest.to(torch.ScalarType.Float);
    }

    /** Every operation's output for one image set, in fp32 and NCHW, for finding where two engines part. */
    public Map<String, FloatTensor> activations(byte[] pixels, int n) {
        return Torch.withoutGradients(() -> {
            Map<String, Tensor> values = new HashMap<>();
            values.put(Network.INPUT, input(pixels, n));
            TorchOps ops = new TorchOps(values, tensors, false);
            Map<String, FloatTensor> copies = new LinkedHashMap<>();
            for (Op op : network.ops()) {
                Tensor value = op.accept(ops);
                values.put(op.name(), value);
                copies.put(op.name(), Torch.copyOf(value));
            }
            return copies;
        });
    }

    /** Frees the native memory of all weights. */
    public void close() {
        List<Tensor> all = new ArrayList<>(tensors.values());
        tensors.clear();
        all.forEach(Tensor::close);
    }
}
