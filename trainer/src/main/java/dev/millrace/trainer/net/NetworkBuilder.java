package dev.millrace.trainer.net;

import dev.millrace.trainer.dataset.ImageShape;
import java.util.ArrayList;
import java.util.List;

/** Adds operation after operation behind the newest one, and keeps count of its channels: an architecture reads top to bottom. */
final class NetworkBuilder {
    private static final double EPSILON = 1e-5;
    private static final double TENSORFLOW_EPSILON = 1e-3;

    private final ImageShape input;
    private final List<Op> ops = new ArrayList<>();
    private final FeatureMaps maps;
    private String at = Network.INPUT;
    private boolean tensorflow;

    NetworkBuilder(ImageShape input) {
        this.input = input;
        this.maps = new FeatureMaps(input);
    }

    /** From here on convolutions are padded as TensorFlow's SAME, and batch norms have the epsilon that EfficientNets have there. */
    NetworkBuilder asInTensorFlow() {
        tensorflow = true;
        return this;
    }

    /** Constants per channel, see {@link Op.ChannelAffine}. */
    NetworkBuilder channelAffine(String name, List<Float> factors, List<Float> offsets) {
        return then(new Op.ChannelAffine(name, at, factors, offsets));
    }

    /** Convolution of 3x3, batch norm, rectifier. */
    NetworkBuilder conv(String name, int outChannels, int stride) {
        return conv(name, outChannels, 3, stride);
    }

    /** Convolution, batch norm, rectifier. */
    NetworkBuilder conv(String name, int outChannels, int kernel, int stride) {
        return normalised(name, outChannels, kernel, stride, 1).relu(name);
    }

    /** Convolution and batch norm. */
    NetworkBuilder normalised(String name, int outChannels, int kernel, int stride, float initialGain) {
        return normalised(name, outChannels, kernel, stride, 1, initialGain);
    }

    /** A convolution of every channel by itself, and batch norm. */
    NetworkBuilder depthwise(String name, int kernel, int stride) {
        return normalised(name, channels(), kernel, stride, channels(), 1);
    }

    NetworkBuilder relu(String name) {
        return then(new Op.Relu(name + "_relu", at));
    }

    NetworkBuilder relu6(String name) {
        return then(new Op.Relu6(name + "_relu", at));
    }

    /** Halves height and width. */
    NetworkBuilder maxPool(String name) {
        return then(new Op.MaxPool(name, at, 2));
    }

    /** Maximum over overlapping windows. */
    NetworkBuilder maxPool(String name, int kernel, int stride, int padding) {
        return then(new Op.MaxPool(name, at, kernel, stride, padding));
    }

    /** Two convolutions of 3x3 beside an identity (He et al. 2016), the first one making {@code inner} channels. */
    NetworkBuilder residual(String name, int inner, float initialGain) {
        return residual(name, inner, channels(), 1, initialGain);
    }

    /**
     * As above, to other channels or a lower resolution: the shortcut is then a convolution of 1x1.
     *
     * @param initialGain of the last batch norm. 0 makes the block an identity at first (Goyal et al. 2017, section 5.1)
     */
    NetworkBuilder residual(String name, int inner, int outChannels, int stride, float initialGain) {
        String from = at;
        conv(name + "_a", inner, stride);
        normalised(name + "_b", outChannels, 3, 1, initialGain);
        return joined(name, from, outChannels, stride);
    }

    /** Convolutions of 1x1, 3x3 and 1x1 beside an identity or a convolution of 1x1; the 3x3 one takes the stride. */
    NetworkBuilder bottleneck(String name, int inner, int outChannels, int stride, float initialGain) {
        String from = at;
        conv(name + "_a", inner, 1, 1);
        conv(name + "_b", inner, 3, stride);
        normalised(name + "_c", outChannels, 1, 1, initialGain);
        return joined(name, from, outChannels, stride);
    }

    /** Adds what an earlier operation made. */
    NetworkBuilder plus(String name, String earlier) {
        return then(new Op.Add(name + "_join", earlier, at));
    }

    /** Name of the newest operation. */
    String at() {
        return at;
    }

    /** How many channels it makes. */
    int channels() {
        return maps.of(at).channels();
    }

    /** Mean over the image, then one logit per class. */
    Network classify(String architecture, int classes) {
        then(new Op.GlobalAveragePool("pool", at));
        then(new Op.Linear("logits", at, channels(), classes));
        return new Network(architecture, input, classes, ops);
    }

    private NetworkBuilder joined(String name, String from, int outChannels, int stride) {
        String branch = at;
        at = from;
        if (stride != 1 || channels() != outChannels) {
            normalised(name + "_shortcut", outChannels, 1, stride, 1);
        }
        String shortcut = at;
        at = branch;
        return plus(name, shortcut).relu(name);
    }

    private NetworkBuilder normalised(
            String name, int outChannels, int kernel, int stride, int groups, float initialGain) {
        FeatureMap map = maps.of(at);
        Padding padding =
                tensorflow ? Padding.same(map.height(), map.width(), kernel, stride) : Padding.even(kernel / 2);
        then(new Op.Conv(name + "_conv", at, map.channels(), outChannels, kernel, stride, padding, groups));
        return then(new Op.BatchNorm(
                name + "_norm", at, outChannels, initialGain, tensorflow ? TENSORFLOW_EPSILON : EPSILON));
    }

    private NetworkBuilder then(Op op) {
        maps.add(op);
        ops.add(op);
        at = op.name();
        return this;
    }
}
