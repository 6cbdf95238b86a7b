package dev.millrace.trainer.net;

import dev.millrace.trainer.dataset.ImageShape;
import java.util.ArrayList;
import java.util.List;

/** Adds operation after operation behind the newest one, and keeps count of its channels: an architecture reads top to bottom. */
final class NetworkBuilder {
    private final ImageShape input;
    private final List<Op> ops = new ArrayList<>();
    private String at = Network.INPUT;
    private int channels;

    NetworkBuilder(ImageShape input) {
        this.input = input;
        this.channels = input.channels();
    }

    /** Convolution of 3x3, batch norm, rectifier. */
    NetworkBuilder conv(String name, int outChannels, int stride) {
        normalised(name, outChannels, 3, stride, 1);
        return then(new Op.Relu(name + "_relu", at));
    }

    /** Halves height and width. */
    NetworkBuilder maxPool(String name) {
        return then(new Op.MaxPool(name, at, 2));
    }

    /** Two convolutions of 3x3 beside an identity (He et al. 2016), the first one making {@code inner} channels. */
    NetworkBuilder residual(String name, int inner, float initialGain) {
        return residual(name, inner, channels, 1, initialGain);
    }

    /**
     * As above, to other channels or a lower resolution: the shortcut is then a convolution of 1x1.
     *
     * @param initialGain of the last batch norm. 0 makes the block an identity at first (Goyal et al. 2017, section 5.1)
     */
    NetworkBuilder residual(String name, int inner, int outChannels, int stride, float initialGain) {
        String shortcut = at;
        int inChannels = channels;
        conv(name + "_a", inner, stride);
        normalised(name + "_b", outChannels, 3, 1, initialGain);
        String branch = at;
        if (stride != 1 || inChannels != outChannels) {
            at = shortcut;
            channels = inChannels;
            normalised(name + "_shortcut", outChannels, 1, stride, 1);
            shortcut = at;
        }
        then(new Op.Add(name + "_join", shortcut, branch));
        return then(new Op.Relu(name + "_relu", at));
    }

    /** Mean over the image, then one logit per class. */
    Network classify(String architecture, int classes) {
        then(new Op.GlobalAveragePool("pool", at));
        then(new Op.Linear("logits", at, channels, classes));
        return new Network(architecture, input, classes, ops);
    }

    private void normalised(String name, int outChannels, int kernel, int stride, float initialGain) {
        then(new Op.Conv(name + "_conv", at, channels, outChannels, kernel, stride, kernel / 2));
        then(new Op.BatchNorm(name + "_norm", at, outChannels, initialGain));
        channels = outChannels;
    }

    private NetworkBuilder then(Op op) {
        ops.add(op);
        at = op.name();
        return this;
    }
}
