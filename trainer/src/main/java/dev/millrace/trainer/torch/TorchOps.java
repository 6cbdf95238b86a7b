package dev.millrace.trainer.torch;

import dev.millrace.trainer.net.Op;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** What each operation of a network is in PyTorch. Reads its inputs from {@code values} and its weights from {@code weights}. */
final class TorchOps implements Op.Visitor<Tensor> {
    /** The share of the newest batch in a batch norm's running statistics. */
    private static final double NORM_MOMENTUM = 0.1;

    private final Map<String, Tensor> values;
    private final Map<String, Tensor> weights;
    private final boolean training;

    TorchOps(Map<String, Tensor> values, Map<String, Tensor> weights, boolean training) {
        this.values = values;
        this.weights = weights;
        this.training = training;
    }

    @Override
    public Tensor conv(Op.Conv op) {
        long[] stride = {op.stride(), op.stride()};
        long[] padding = {op.padding(), op.padding()};
        long[] dilation = {1, 1};
        return torch.conv2d(value(op.input()), weight(op.weight()), new TensorOptional(), stride, padding, dilation, 1);
    }

    @Override
    public Tensor batchNorm(Op.BatchNorm op) {
        return torch.batch_norm(
                value(op.input()),
                new TensorOptional(weight(op.weight())),
                new TensorOptional(weight(op.bias())),
                new TensorOptional(weight(op.runningMean())),
                new TensorOptional(weight(op.runningVariance())),
                training,
                NORM_MOMENTUM,
                Op.BatchNorm.EPSILON,
                false);
    }

    @Override
    public Tensor relu(Op.Relu op) {
        return torch.relu(value(op.input()));
    }

    @Override
    public Tensor maxPool(Op.MaxPool op) {
        return torch.max_pool2d(value(op.input()), op.kernel(), op.kernel());
    }

    @Override
    public Tensor add(Op.Add op) {
        return value(op.left()).add(value(op.right()));
    }

    @Override
    public Tensor globalAveragePool(Op.GlobalAveragePool op) {
        return torch.flatten(torch.adaptive_avg_pool2d(value(op.input()), 1, 1), 1, -1);
    }

    @Override
    public Tensor linear(Op.Linear op) {
        return torch.linear(value(op.input()), weight(op.weight()), new TensorOptional(weight(op.bias())));
    }

    private Tensor value(String name) {
        return present(values.get(name), name);
    }

    private Tensor weight(String name) {
        return present(weights.get(name), name);
    }

    private static Tensor present(@Nullable Tensor tensor, String name) {
        if (tensor == null) {
            throw new IllegalStateException("tensor: " + name + " (expected: made before it is read)");
        }
        return tensor;
    }
}
