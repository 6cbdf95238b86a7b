package dev.millrace.trainer.net;

import java.util.List;

/**
 * ResNets for images of about 224x224 (He et al. 2016, table 1), in the form of torchvision: a block's 3x3 convolution takes the stride.
 * Their weights expect RGB with ImageNet's mean and standard deviation taken off per channel.
 */
final class ResNet {
    /** Of ImageNet's pixels as 0 to 1. */
    private static final List<Double> MEANS = List.of(0.485, 0.456, 0.406);

    private static final List<Double> DEVIATIONS = List.of(0.229, 0.224, 0.225);
    private static final List<Integer> WIDTHS = List.of(64, 128, 256, 512);
    private static final int BOTTLENECK = 4;
    private static final double WHITE = 255;

    private ResNet() {}

    /** Blocks of two 3x3 convolutions, so many in each of the four stages; all of it but the classifier. */
    static NetworkBuilder basic(NetworkBuilder net, List<Integer> blocks) {
        stem(net);
        eachBlock(blocks, (name, width, stride) -> net.residual(name, width, width, stride, 0));
        return net;
    }

    /** Blocks of 1x1, 3x3 and 1x1 convolutions; their outer width is four times the inner one. */
    static NetworkBuilder bottleneck(NetworkBuilder net, List<Integer> blocks) {
        stem(net);
        eachBlock(blocks, (name, width, stride) -> net.bottleneck(name, width, BOTTLENECK * width, stride, 0));
        return net;
    }

    private static void stem(NetworkBuilder net) {
        Normalization pixels = Normalization.CENTRED;
        // (pixel / 255 - mean) / deviation, of what the normalisation left.
        net.channelAffine(
                "standard",
                DEVIATIONS.stream()
                        .map(deviation -> (float) (1 / (pixels.scale() * WHITE * deviation)))
                        .toList(),
                List.of(offset(pixels, 0), offset(pixels, 1), offset(pixels, 2)));
        net.conv("stem", WIDTHS.get(0), 7, 2).maxPool("stem_pool", 3, 2, 1);
    }

    private static float offset(Normalization pixels, int channel) {
        return (float) ((pixels.mean() / WHITE - MEANS.get(channel)) / DEVIATIONS.get(channel));
    }

    private static void eachBlock(List<Integer> blocks, Block block) {
        for (int s = 0; s < WIDTHS.size(); s++) {
            for (int b = 0; b < blocks.get(s); b++) {
                block.add("stage%d_%d".formatted(s + 1, b), WIDTHS.get(s), s > 0 && b == 0 ? 2 : 1);
            }
        }
    }

    /** Adds one block. */
    private interface Block {
        void add(String name, int width, int stride);
    }
}
