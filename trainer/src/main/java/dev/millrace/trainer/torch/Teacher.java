package dev.millrace.trainer.torch;

import dev.millrace.trainer.weights.TrainedNet;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A trained network whose answers another one learns to give: "knowledge distillation" (Hinton, Vinyals and Dean 2015). It is asked about
 * the very pixels that the student sees, augmented as they are (Beyer et al. 2022). One thread.
 */
public final class Teacher implements AutoCloseable {
    private final TorchNet net;
    private final double weight;
    private final double temperature;

    /**
     * Copies the network into PyTorch.
     *
     * @param weight share of the teacher's answers in the loss, 0 to 1; the labels have the rest
     * @param temperature by which logits are divided before the softmax; above 1 the classes that are not the best count for more
     */
    public Teacher(TrainedNet trained, double weight, double temperature, Compute compute) {
        this.net = new TorchNet(trained.network(), trained.normalization(), trained.weights(), compute);
        this.weight = weight;
        this.temperature = temperature;
    }

    /**
     * The loss to learn from, a scalar.
     *
     * @param pixels HWC images, one after the other
     * @param logits the student's for them, [n, classes]
     * @param ofLabels mean loss against the labels
     */
    Tensor loss(byte[] pixels, Tensor logits, Tensor ofLabels) {
        Tensor student = logits.div(Torch.scalar(temperature)).log_softmax(1);
        Tensor divergence =
                torch.kl_div(student, answers(pixels, (int) logits.size(0))).mul(Torch.scalar((double) logits.size(1)));
        // The temperature makes gradients smaller by its square.
        return ofLabels.mul(Torch.scalar(1 - weight))
                .add(divergence.mul(Torch.scalar(weight * temperature * temperature)));
    }

    @SuppressWarnings("try")
    private Tensor answers(byte[] pixels, int n) {
        try (NoGradGuard guard = new NoGradGuard()) {
            return net.forward(net.input(pixels, n), false)
                    .div(Torch.scalar(temperature))
                    .softmax(1);
        }
    }

    /** Frees the native memory of its weights. */
    @Override
    public void close() {
        net.close();
    }
}
