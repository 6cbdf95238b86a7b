package dev.millrace.trainer.net;

import java.util.List;

/**
 * One operation. Its name is also the name of the tensor it makes; it reads the tensors named by {@link #inputs()}. Feature maps are
 * NCHW.
 */
public sealed interface Op {
    String name();

    List<String> inputs();

    <R> R accept(Visitor<R> visitor);

    /** Says what to do for each kind of operation. */
    interface Visitor<R> {
        R conv(Conv op);

        R batchNorm(BatchNorm op);

        R relu(Relu op);

        R maxPool(MaxPool op);

        R add(Add op);

        R globalAveragePool(GlobalAveragePool op);

        R linear(Linear op);
    }

    /** Square convolution without bias, always followed by a {@link BatchNorm}. Weight: [outChannels, inChannels, kernel, kernel]. */
    record Conv(String name, String input, int inChannels, int outChannels, int kernel, int stride, int padding)
            implements Op {
        @Override
        public List<String> inputs() {
            return List.of(input);
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
     */
    record BatchNorm(String name, String input, int channels, float initialGain) implements Op {
        public static final double EPSILON = 1e-5;

        @Override
        public List<String> inputs() {
            return List.of(input);
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

    /** Maximum over square windows that do not overlap. */
    record MaxPool(String name, String input, int kernel) implements Op {
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
