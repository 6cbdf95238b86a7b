package dev.millrace.trainer.net;

import java.util.List;

/**
 * One operation. Its name is also the name of the tensor it makes; it reads the tensors named by {@link #inputs()}. Feature maps are
 * NCHW.
 */
public sealed interface Op {
    String name();

    List<String> inputs();

    /** The weights that it reads, none by default. */
    default List<WeightShape> weights() {
        return List.of();
    }

    <R> R accept(Visitor<R> visitor);

    /** Says what to do for each kind of operation. */
    interface Visitor<R> {
        R channelAffine(ChannelAffine op);

        R conv(Conv op);

        R batchNorm(BatchNorm op);

        R relu(Relu op);

        R relu6(Relu6 op);

        R maxPool(MaxPool op);

        R add(Add op);

        R globalAveragePool(GlobalAveragePool op);

        R linear(Linear op);
    }

    /**
     * {@code x * factor + offset} with constants per channel, which are no weights: brings normalised pixels to the scale that a backbone
     * was trained with. It runs ahead of the first convolution, and is not folded into it, because that one's zeros at the border stand
     * for the mean of each channel.
     */
    record ChannelAffine(String name, String input, List<Float> factors, List<Float> offsets) implements Op {
        public ChannelAffine {
            factors = List.copyOf(factors);
            offsets = List.copyOf(offsets);
            if (factors.size() != offsets.size()) {
                throw new IllegalArgumentException("%s: %d factors, %d offsets (expected: one of each per channel)"
                        .formatted(name, factors.size(), offsets.size()));
            }
        }

        @Override
        public List<String> inputs() {
            return List.of(input);
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.channelAffine(this);
        }
    }

    /**
     * Square convolution without bias, always followed by a {@link BatchNorm}. Weight: [outChannels, inChannels / groups, kernel, kernel].
     *
     * @param groups into which input and output channels are divided, each output group reading its input group only; as many as channels:
     *     a depthwise convolution
     */
    record Conv(
            String name,
            String input,
            int inChannels,
            int outChannels,
            int kernel,
            int stride,
            Padding padding,
            int groups)
            implements Op {
        public Conv {
            if (groups < 1 || inChannels % groups != 0 || outChannels % groups != 0) {
                throw new IllegalArgumentException("%s: %d groups (expected: a divisor of %d and %d channels)"
                        .formatted(name, groups, inChannels, outChannels));
            }
        }

        /** In one group, padded alike on all sides. */
        public Conv(String name, String input, int inChannels, int outChannels, int kernel, int stride, int padding) {
            this(name, input, inChannels, outChannels, kernel, stride, Padding.even(padding), 1);
        }

        @Override
        public List<String> inputs() {
            return List.of(input);
        }

        @Override
        public List<WeightShape> weights() {
            return List.of(WeightShape.learned(weight(), outChannels, inChannels / groups, kernel, kernel));
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.conv(this);
        }

        public String weight() {
            return name + ".weight";
        }
    }

    /**
     * Batch normalisation per channel (Ioffe and Szegedy 2015). All four of its tensors: [channels].
     *
     * @param initialGain what its weights are before the first step
     * @param epsilon added to the variance
     */
    record BatchNorm(String name, String input, int channels, float initialGain, double epsilon) implements Op {
        private static final double EPSILON = 1e-5;

        /** With PyTorch's usual epsilon. */
        public BatchNorm(String name, String input, int channels, float initialGain) {
            this(name, input, channels, initialGain, EPSILON);
        }

        @Override
        public List<String> inputs() {
            return List.of(input);
        }

        @Override
        public List<WeightShape> weights() {
            return List.of(
                    WeightShape.learned(weight(), channels),
                    WeightShape.learned(bias(), channels),
                    WeightShape.measured(runningMean(), channels),
                    WeightShape.measured(runningVariance(), channels));
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.batchNorm(this);
        }

        public String weight() {
            return name + ".weight";
        }

        public String bias() {
            return name + ".bias";
        }

        public String runningMean() {
            return name + ".running_mean";
        }

        public String runningVariance() {
            return name + ".running_var";
        }
    }

    /** {@code max(0, x)}. */
    record Relu(String name, String input) implements Op {
        @Override
        public List<String> inputs() {
            return List.of(input);
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.relu(this);
        }
    }

    /** {@code min(6, max(0, x))}. */
    record Relu6(String name, String input) implements Op {
        @Override
        public List<String> inputs() {
            return List.of(input);
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.relu6(this);
        }
    }

    /**
     * Maximum over square windows.
     *
     * @param padding on all sides
     */
    record MaxPool(String name, String input, int kernel, int stride, int padding) implements Op {
        /** Over windows that do not overlap. */
        public MaxPool(String name, String input, int kernel) {
            this(name, input, kernel, kernel, 0);
        }

        @Override
        public List<String> inputs() {
            return List.of(input);
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.maxPool(this);
        }
    }

    /** Sum of two tensors of the same shape: a residual join. */
    record Add(String name, String left, String right) implements Op {
        @Override
        public List<String> inputs() {
            return List.of(left, right);
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.add(this);
        }
    }

    /** Mean over height and width: [n, channels, h, w] to [n, channels]. */
    record GlobalAveragePool(String name, String input) implements Op {
        @Override
        public List<String> inputs() {
            return List.of(input);
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.globalAveragePool(this);
        }
    }

    /** {@code x W^T + b}. Weight: [outFeatures, inFeatures]; bias: [outFeatures]. */
    record Linear(String name, String input, int inFeatures, int outFeatures) implements Op {
        @Override
        public List<String> inputs() {
            return List.of(input);
        }

        @Override
        public List<WeightShape> weights() {
            return List.of(
                    WeightShape.learned(weight(), outFeatures, inFeatures), WeightShape.learned(bias(), outFeatures));
        }

        @Override
        public <R> R accept(Visitor<R> visitor) {
            return visitor.linear(this);
        }

        public String weight() {
            return name + ".weight";
        }

        public String bias() {
            return name + ".bias";
        }
    }
}
