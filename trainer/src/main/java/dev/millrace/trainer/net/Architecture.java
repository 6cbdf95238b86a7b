package dev.millrace.trainer.net;

import dev.millrace.trainer.dataset.ImageShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The networks that can be trained, by name. All are shallow residual networks (He et al. 2016) in the shape of ResNet-9: a stem, then
 * stages that widen, halve the resolution and add one residual block. Channels are multiples of 16, so that int8 kernels run full.
 */
public enum Architecture {
    /** About 20 k weights: for tests and for trying things out. */
    RESNET_MICRO(16, 16, 32),
    /** About 0.46 M weights; for 28x28 grey images about 40 M multiply-adds an image. */
    RESNET_MINI(32, 64, 128),
    /** About 1.9 M weights: for tasks with many classes, such as CIFAR-100. */
    RESNET_WIDE(64, 128, 256);

    private final int stem;
    private final int stage1;
    private final int stage2;

    /** Channels of the stem and of both stages. */
    Architecture(int stem, int stage1, int stage2) {
        this.stem = stem;
        this.stage1 = stage1;
        this.stage2 = stage2;
    }

    /** As on the command line: {@code resnet-mini}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * Finds an architecture by its {@link #id()}.
     *
     * @throws IllegalArgumentException when none has it
     */
    public static Architecture parse(String id) {
        return Arrays.stream(values())
                .filter(architecture -> architecture.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("architecture: %s (expected: one of %s)"
                        .formatted(
                                id,
                                Arrays.stream(values()).map(Architecture::id).toList())));
    }

    public Network network(ImageShape input, int classes) {
        Builder net = new Builder();
        String at = net.convolution("stem", Network.INPUT, input.channels(), stem, 1);
        at = net.residual("stage1", net.convolution("stage1_down", at, stem, stage1, 2), stage1);
        at = net.residual("stage2", net.convolution("stage2_down", at, stage1, stage2, 2), stage2);
        at = net.add(new Op.GlobalAveragePool("pool", at));
        net.add(new Op.Linear("logits", at, stage2, classes));
        return new Network(id(), input, classes, net.ops);
    }

    private static final class Builder {
        private final List<Op> ops = new ArrayList<>();

        String add(Op op) {
            ops.add(op);
            return op.name();
        }

        String convolution(String name, String input, int in, int out, int stride) {
            String normalised = normalisedConvolution(name, input, in, out, stride);
            return add(new Op.Relu(name + "_relu", normalised));
        }

        String residual(String stage, String input, int channels) {
            String inner = convolution(stage + "_a", input, channels, channels, 1);
            String branch = normalisedConvolution(stage + "_b", inner, channels, channels, 1);
            return add(new Op.Relu(stage + "_relu", add(new Op.Add(stage + "_join", input, branch))));
        }

        private String normalisedConvolution(String name, String input, int in, int out, int stride) {
            String conv = add(new Op.Conv(name + "_conv", input, in, out, 3, stride, 1));
            return add(new Op.BatchNorm(name + "_norm", conv, out));
        }
    }
}
