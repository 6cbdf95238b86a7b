package dev.millrace.trainer.torch;

import dev.millrace.trainer.net.Op;
import dev.millrace.trainer.net.Padding;
import dev.millrace.trainer.weights.FloatTensor;
import java.util.List;
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
    public Tensor channelAffine(Op.ChannelAffine op) {
        return value(op.input()).mul(perChannel(op.factors())).add(perChannel(op.offsets()));
    }

    @Override
    public Tensor conv(Op.Conv op) {
        boolean mixed = torch.is_autocast_enabled(torch.DeviceType.CPU);
        if (!training || !mixed || op.groups() == 1) {
            return convolution(op, value(op.input()));
        }
        // In bfloat16 the gradients of strided and of 5x5 depthwise convolutions take PyTorch 2 to 20 times as long as
        // in float32.
        torch.set_autocast_enabled(torch.DeviceType.CPU, false);
        try {
            return convolution(op, value(op.input()).to(torch.ScalarType.Float)).to(torch.ScalarType.BFloat16);
        } finally {
            torch.set_autocast_enabled(torch.DeviceType.CPU, true);
        }
    }

    private Tensor convolution(Op.Conv op, Tensor input) {
        Padding padding = op.padding();
        Tensor padded = padding.isEven()
                ? input
                : torch.constant_pad_nd(input, padding.left(), padding.right(), padding.top(), padding.bottom());
        int both = padding.isEven() ? padding.top() : 0;
        return torch.conv2d(
                padded,
                weight(op.weight()),
                new TensorOptional(),
                twice(op.stride()),
                twice(both),
                twice(1),
                op.groups());
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
                op.epsilon(),
                false);
    }

    @Override
    public Tensor relu(Op.Relu op) {
        return torch.relu(value(op.input()));
    }

    @Override
    public Tensor relu6(Op.Relu6 op) {
        return torch.relu6(value(op.input()));
    }

    @Override
    public Tensor maxPool(Op.MaxPool op) {
        return torch.max_pool2d(
                value(op.input()), twice(op.kernel()), twice(op.stride()), twice(op.padding()), twice(1), false);
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

    private static Tensor perChannel(List<Float> values) {
        return Torch.tensor(FloatTensor.perChannel(values));
    }

    private static long[] twice(long value) {
        return new long[] {value, value};
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
