package dev.millrace.trainer.torch;

import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.net.Normalization;
import dev.millrace.trainer.weights.FloatTensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.DoubleArrayRefOptional;
import org.bytedeco.pytorch.LongArrayRef;
import org.bytedeco.pytorch.LongArrayRefOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Takes training steps: {@link Loss}, gradients, and stochastic gradient descent with Nesterov momentum (Sutskever et al. 2013, in
 * PyTorch's formulation) and weight decay on convolution and linear weights. One thread.
 *
 * <p>Beside the weights it can keep their exponential moving average (Polyak and Juditsky 1992; in this form Tarvainen and Valpola 2017),
 * the running statistics of batch norms included.
 *
 * <p>The update is written out here because its state has to go into a checkpoint, and PyTorch's own optimizer keeps its state out of
 * Java's reach.
 */
public final class TorchTrainer {
    private final TorchNet net;
    private final ImageShape input;
    private final Settings settings;
    private final Map<String, Tensor> parameters;
    private final Map<String, Tensor> classifier;
    private final Map<String, Tensor> momenta = new LinkedHashMap<>();
    private final @Nullable TorchNet average;
    private final Loss loss;
    private long steps;

    /**
     * What stays the same over all steps.
     *
     * @param momentum 0 to 1
     * @param weightDecay L2 penalty per step, times the learning rate
     * @param labelSmoothing share of the target spread over all classes, 0 to 1
     * @param averaging weight of the past in the average at each step, 0 to below 1; in the first steps less, so that the average
     *     forgets the initial weights
     */
    public record Settings(double momentum, double weightDecay, double labelSmoothing, double averaging) {}

    /**
     * All that changes from step to step.
     *
     * @param steps taken so far
     * @param weights by name
     * @param momenta velocities by the names of their weights; empty before the first step
     * @param averages of the weights, by name; empty before the first step and where no average is kept
     */
    public record State(
            long steps,
            Map<String, FloatTensor> weights,
            Map<String, FloatTensor> momenta,
            Map<String, FloatTensor> averages) {
        /** Before the first step. */
        public static State initial(Map<String, FloatTensor> weights) {
            return new State(0, weights, Map.of(), Map.of());
        }
    }

    /**
     * Starts or continues from copies of a state.
     */
    public TorchTrainer(Network network, Normalization normalization, State from, Settings settings, Compute compute) {
        this.net = new TorchNet(network, normalization, from.weights(), compute);
        this.input = network.input();
        this.settings = settings;
        this.loss = new Loss(settings.labelSmoothing());
        this.steps = from.steps();
        this.parameters = net.parameters();
        this.classifier = net.classifier();
        parameters.forEach((name, parameter) -> {
            parameter.set_requires_grad(true);
            FloatTensor momentum = from.momenta().get(name);
            this.momenta.put(name, momentum == null ? torch.zeros_like(parameter) : Torch.tensor(momentum));
        });
        Map<String, FloatTensor> averages = from.averages().isEmpty() ? from.weights() : from.averages();
        this.average = settings.averaging() > 0 ? new TorchNet(network, normalization, averages, compute) : null;
    }

    /** The network to validate and keep: with averaged weights where an average is kept. Changes with every step. */
    public TorchNet net() {
        return average == null ? net : average;
    }

    /** A copy of all that is needed to go on to the same result. */
    public State state() {
        Map<String, FloatTensor> copies = new LinkedHashMap<>();
        momenta.forEach((name, momentum) -> copies.put(name, Torch.copyOf(momentum)));
        return new State(steps, net.weights(), copies, average == null ? Map.of() : average.weights());
    }

    /** Which weights a step changes. */
    public enum Part {
        /** All, the running statistics of batch norms included. */
        ALL,
        /** Only the last layer's; the features are made as in serving. */
        CLASSIFIER
    }

    /**
     * One step on one batch.
     *
     * @param pixels HWC images, one after the other
     * @param targets what each shows
     * @param scale by which the height and width of the images are multiplied before the network sees them, above 0 and up to 1
     * @return mean loss of the batch before the step
     */
    public double step(byte[] pixels, Targets targets, double learningRate, Part part, double scale) {
        return Torch.scoped(() -> {
            Tensor images = scaled(net.input(pixels, targets.size()), scale);
            Tensor logits = part == Part.ALL ? net.forward(images, true) : net.forwardOnFrozenFeatures(images);
            Tensor mean = loss.of(logits, targets);
            mean.backward();
            update(part == Part.ALL ? parameters : classifier, learningRate);
            return mean.item_double();
        });
    }

    /** Interpolated linearly between pixel centres. */
    private Tensor scaled(Tensor images, double scale) {
        if (scale == 1) {
            return images;
        }
        ImageShape small = input.scaled(scale);
        // In native memory, which the reference does not copy.
        LongPointer size = new LongPointer((long) small.height(), (long) small.width());
        return torch.upsample_bilinear2d(
                        images,
                        new LongArrayRefOptional(new LongArrayRef(size, 2)),
                        false,
                        new DoubleArrayRefOptional())
                .contiguous(torch.MemoryFormat.ChannelsLast);
    }

    private void update(Map<String, Tensor> changed, double learningRate) {
        Torch.withoutGradients(() -> {
            changed.forEach((name, parameter) -> update(name, parameter, learningRate));
            if (average != null) {
                average.moveTowards(net, 1 - Math.min(settings.averaging(), (1.0 + steps) / (10 + steps)));
            }
            steps++;
            return changed;
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
        if (average != null) {
            average.close();
        }
        net.close();
    }
}
