package dev.millrace.trainer.weights;

import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.net.Op;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/**
 * Weights to start training from: normal with variance 2 / fan-in before a rectifier (He et al. 2015), batch norms as identities. The
 * seed decides them on every machine alike.
 */
public final class InitialWeights implements Op.Visitor<Map<String, FloatTensor>> {
    private final Random random;

    private InitialWeights(long seed) {
        random = new Random(seed);
    }

    /** Every tensor of the network by name, in the order of its operations. */
    public static Map<String, FloatTensor> of(Network network, long seed) {
        InitialWeights initial = new InitialWeights(seed);
        Map<String, FloatTensor> weights = new LinkedHashMap<>();
        network.ops().forEach(op -> weights.putAll(op.accept(initial)));
        return weights;
    }

    @Override
    public Map<String, FloatTensor> channelAffine(Op.ChannelAffine op) {
        return Map.of();
    }

    @Override
    public Map<String, FloatTensor> conv(Op.Conv op) {
        int perGroup = op.inChannels() / op.groups();
        int fanIn = perGroup * op.kernel() * op.kernel();
        long[] shape = {op.outChannels(), perGroup, op.kernel(), op.kernel()};
        return Map.of(op.weight(), normal(shape, op.outChannels() * fanIn, Math.sqrt(2.0 / fanIn)));
    }

    @Override
    public Map<String, FloatTensor> batchNorm(Op.BatchNorm op) {
        return Map.of(
                op.weight(), FloatTensor.filled(op.initialGain(), op.channels()),
                op.bias(), FloatTensor.filled(0, op.channels()),
                op.runningMean(), FloatTensor.filled(0, op.channels()),
                op.runningVariance(), FloatTensor.filled(1, op.channels()));
    }

    @Override
    public Map<String, FloatTensor> linear(Op.Linear op) {
        long[] shape = {op.outFeatures(), op.inFeatures()};
        return Map.of(
                op.weight(), normal(shape, op.outFeatures() * op.inFeatures(), Math.sqrt(1.0 / op.inFeatures())),
                op.bias(), FloatTensor.filled(0, op.outFeatures()));
    }

    @Override
    public Map<String, FloatTensor> relu(Op.Relu op) {
        return Map.of();
    }

    @Override
    public Map<String, FloatTensor> relu6(Op.Relu6 op) {
        return Map.of();
    }

    @Override
    public Map<String, FloatTensor> maxPool(Op.MaxPool op) {
        return Map.of();
    }

    @Override
    public Map<String, FloatTensor> add(Op.Add op) {
        return Map.of();
    }

    @Override
    public Map<String, FloatTensor> globalAveragePool(Op.GlobalAveragePool op) {
        return Map.of();
    }

    private FloatTensor normal(long[] shape, int size, double deviation) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (random.nextGaussian() * deviation);
        }
        return new FloatTensor(shape, values);
    }
}
