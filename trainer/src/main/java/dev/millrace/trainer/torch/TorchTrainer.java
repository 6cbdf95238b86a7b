package dev.millrace.trainer.torch;

import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.net.Normalization;
import dev.millrace.trainer.weights.FloatTensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.CrossEntropyLossOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * Takes training steps: cross entropy with label smoothing (Szegedy et al. 2016), gradients, and stochastic gradient descent with
 * Nesterov momentum (Sutskever et al. 2013, in PyTorch's formulation) and weight decay on convolution and linear weights. One thread.
 *
 * <p>The update is written out here because its state has to go into a checkpoint, and PyTorch's own optimizer keeps its state out of
 * Java's reach.
 */
public final class TorchTrainer {
    private final TorchNet net;
    private final Settings settings;
    private final Map<String, Tensor> parameters;
    private final Map<String, Tensor> momenta = new LinkedHashMap<>();

    /**
     * What stays the same over all steps.
     *
     * @param momentum 0 to 1
     * @param weightDecay L2 penalty per step, times the learning rate
     * @param labelSmoothing share of the target spread over all classes, 0 to 1
     */
    public record Settings(double momentum, double weightDecay, double labelSmoothing) {}

    /**
     * Starts or continues.
     *
     * @param weights to start from
     * @param momenta from {@link #momenta()} of the run that is continued, or empty
     */
    public TorchTrainer(
            Network network,
            Normalization normalization,
            Map<String, FloatTensor> weights,
            Map<String, FloatTensor> momenta,
            Settings settings,
            Compute compute) {
        this.net = new TorchNet(network, normalization, weights, compute);
        this.settings = settings;
        this.parameters = net.parameters();
        parameters.forEach((name, parameter) -> {
            parameter.set_requires_grad(true);
            FloatTensor momentum = momenta.get(name);
            this.momenta.put(name, momentum == null ? torch.zeros_like(parameter) : Torch.tensor(momentum));
        });
    }

    public TorchNet net() {
        return net;
    }

    /** Copies of the velocities, by the names of their weights. */
    public Map<String, FloatTensor> momenta() {
        Map<String, FloatTensor> copies = new LinkedHashMap<>();
        momenta.forEach((name, momentum) -> copies.put(name, Torch.copyOf(momentum)));
        return copies;
    }

    /**
     * One step on one batch.
     *
     * @param pixels HWC images, one after the other
     * @param labels class index of each
     * @return mean loss of the batch before the step
     */
    public double step(byte[] pixels, long[] labels, double learningRate) {
        return Torch.scoped(() -> {
            Tensor logits = net.forward(net.input(pixels, labels.length), true);
            Tensor targets = torch.from_blob(
                    new LongPointer(labels), new long[] {labels.length}, new TensorOptions(torch.ScalarType.Long));
            CrossEntropyLossOptions options = new CrossEntropyLossOptions();
            options.label_smoothing().put(settings.labelSmoothing());
            Tensor loss = torch.cross_entropy(logits, targets, options);
            loss.backward();
            update(learningRate);
            return loss.item_double();
        });
    }

    private void update(double learningRate) {
        Torch.withoutGradients(() -> {
            parameters.forEach((name, parameter) -> update(name, parameter, learningRate));
            return parameters;
        });
    }

    private void update(String name, Tensor parameter, double learningRate) {
        Tensor momentum = momenta.get(name);
        if (momentum == null) {
            throw new IllegalStateException("momentum: none for " + name + " (expected: one per parameter)");
        }
        Tensor gradient = parameter.grad();
        // One-dimensional parameters (batch norms, bias) are not decayed.
        if (parameter.dim() > 1) {
            gradient.add_(parameter, Torch.scalar(settings.weightDecay()));
        }
        momentum.mul_(Torch.scalar(settings.momentum())).add_(gradient);
        gradient.add_(momentum, Torch.scalar(settings.momentum()));
        parameter.add_(gradient, Torch.scalar(-learningRate));
        gradient.zero_();
    }

    /** Frees the native memory of weights and velocities. */
    public void close() {
        momenta.values().forEach(Tensor::close);
        momenta.clear();
        net.close();
    }
}
