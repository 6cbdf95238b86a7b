package dev.millrace.trainer.net;

import dev.millrace.trainer.dataset.ImageShape;
import java.util.HashMap;
import java.util.Map;

/** Follows one image through the operations: what shape each of them makes. */
final class FeatureMaps implements Op.Visitor<FeatureMap> {
    private final Map<String, FeatureMap> made = new HashMap<>();

    FeatureMaps(ImageShape input) {
        made.put(Network.INPUT, new FeatureMap(input.channels(), input.height(), input.width()));
    }

    /**
     * Notes what the next operation makes.
     *
     * @throws IllegalArgumentException when it cannot read its input
     */
    void add(Op op) {
        made.put(op.name(), op.accept(this));
    }

    /** What the operation of this name made, or the input. */
    FeatureMap of(String name) {
        FeatureMap map = made.get(name);
        if (map == null) {
            throw new IllegalArgumentException("feature map: %s (expected: made before it is read)".formatted(name));
        }
        return map;
    }

    @Override
    public FeatureMap channelAffine(Op.ChannelAffine op) {
        return withChannels(op.name(), op.input(), op.factors().size());
    }

    @Override
    public FeatureMap conv(Op.Conv op) {
        return withChannels(op.name(), op.input(), op.inChannels())
                .window(op.name(), op.outChannels(), op.kernel(), op.stride(), op.padding());
    }

    @Override
    public FeatureMap batchNorm(Op.BatchNorm op) {
        return withChannels(op.name(), op.input(), op.channels());
    }

    @Override
    public FeatureMap relu(Op.Relu op) {
        return of(op.input());
    }

    @Override
    public FeatureMap relu6(Op.Relu6 op) {
        return of(op.input());
    }

    @Override
    public FeatureMap maxPool(Op.MaxPool op) {
        FeatureMap from = of(op.input());
        return from.window(op.name(), from.channels(), op.kernel(), op.stride(), Padding.even(op.padding()));
    }

    @Override
    public FeatureMap add(Op.Add op) {
        FeatureMap left = of(op.left());
        if (!left.equals(of(op.right()))) {
            throw new IllegalArgumentException(
                    "%s: reads %s and %s (expected: one shape)".formatted(op.name(), left, of(op.right())));
        }
        return left;
    }

    @Override
    public FeatureMap globalAveragePool(Op.GlobalAveragePool op) {
        return new FeatureMap(of(op.input()).channels(), 1, 1);
    }

    @Override
    public FeatureMap linear(Op.Linear op) {
        return withChannels(op.name(), op.input(), op.inFeatures()).withChannels(op.outFeatures());
    }

    private FeatureMap withChannels(String name, String input, int channels) {
        FeatureMap map = of(input);
        if (map.channels() != channels) {
            throw new IllegalArgumentException(
                    "%s: reads %d channels (expected: %d)".formatted(name, map.channels(), channels));
        }
        return map;
    }
}
