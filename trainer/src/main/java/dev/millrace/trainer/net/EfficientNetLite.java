package dev.millrace.trainer.net;

import java.util.List;

/**
 * EfficientNet-Lite (Google 2020): EfficientNet (Tan and Le 2019) without squeeze-and-excitation, with ReLU6, and with stem, first stage,
 * last stage and head the same in all sizes. Inverted residual blocks (Sandler et al. 2018).
 */
final class EfficientNetLite {
    private static final int STEM = 32;
    private static final int HEAD = 1280;
    private static final List<Stage> STAGES = List.of(
            new Stage(1, 3, 1, 1, 16),
            new Stage(2, 3, 2, 6, 24),
            new Stage(2, 5, 2, 6, 40),
            new Stage(3, 3, 2, 6, 80),
            new Stage(3, 5, 1, 6, 112),
            new Stage(4, 5, 2, 6, 192),
            new Stage(1, 3, 1, 6, 320));

    /**
     * Blocks of one width.
     *
     * @param stride of the first one; of the others 1
     * @param expansion how many times as many channels there are inside of a block
     */
    private record Stage(int blocks, int kernel, int stride, int expansion, int channels) {}

    private EfficientNetLite() {}

    /**
     * All of it but the classifier.
     *
     * @param width factor of the channels
     * @param depth factor of the blocks
     */
    static NetworkBuilder layers(NetworkBuilder net, double width, double depth) {
        net.asInTensorFlow().normalised("stem", STEM, 3, 2, 1).relu6("stem");
        for (int s = 0; s < STAGES.size(); s++) {
            Stage stage = STAGES.get(s);
            boolean fixed = s == 0 || s == STAGES.size() - 1;
            int blocks = fixed ? stage.blocks : (int) Math.ceil(stage.blocks * depth);
            for (int b = 0; b < blocks; b++) {
                block(net, "stage%d_%d".formatted(s, b), stage, rounded(stage.channels * width), b == 0);
            }
        }
        return net.normalised("head", HEAD, 1, 1, 1).relu6("head");
    }

    private static void block(NetworkBuilder net, String name, Stage stage, int channels, boolean first) {
        String from = net.at();
        int inChannels = net.channels();
        int stride = first ? stage.stride : 1;
        if (stage.expansion != 1) {
            String expand = name + "_expand";
            net.normalised(expand, inChannels * stage.expansion, 1, 1, 1).relu6(expand);
        }
        String depthwise = name + "_depthwise";
        net.depthwise(depthwise, stage.kernel, stride).relu6(depthwise);
        net.normalised(name + "_project", channels, 1, 1, 1);
        if (stride == 1 && inChannels == channels) {
            net.plus(name, from);
        }
    }

    /** To a multiple of 8, by at most a tenth downwards. */
    private static int rounded(double channels) {
        int nearest = Math.max(8, (int) (channels + 4) / 8 * 8);
        return nearest < 0.9 * channels ? nearest + 8 : nearest;
    }
}
