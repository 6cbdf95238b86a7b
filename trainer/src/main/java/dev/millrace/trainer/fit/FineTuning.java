package dev.millrace.trainer.fit;

import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.weights.FloatTensor;
import dev.millrace.trainer.weights.InitialWeights;
import dev.millrace.trainer.weights.PretrainedWeights;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How a run goes on from weights that were learned elsewhere: at first only the classifier learns, so that its random weights do not
 * spoil the features; then all weights do, at a lower rate.
 *
 * @param frozenEpochs in which only the classifier learns, at the recipe's peak learning rate; from 0
 * @param unfrozenRate peak learning rate of the epochs after those
 */
public record FineTuning(PretrainedWeights from, int frozenEpochs, double unfrozenRate) {
    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException when one is left
     */
    public FineTuning {
        if (frozenEpochs < 0) {
            throw new IllegalArgumentException("frozen epochs: %d (expected: from 0)".formatted(frozenEpochs));
        }
        if (!(unfrozenRate > 0)) {
            throw new IllegalArgumentException("unfrozen rate: %s (expected: above 0)".formatted(unfrozenRate));
        }
    }

    /** Theirs; a classifier for other classes starts anew, as the seed decides. */
    Map<String, FloatTensor> weights(Network network, long seed) {
        Map<String, FloatTensor> weights = new LinkedHashMap<>(InitialWeights.of(network, seed));
        weights.putAll(from.weights());
        return weights;
    }

    Map<String, String> lineage() {
        return Map.of(
                "init.sha256", from.sha256(),
                "init.frozen-epochs", String.valueOf(frozenEpochs),
                "init.unfrozen-rate", String.valueOf(unfrozenRate));
    }

    /** The same text for the same weights and settings. */
    String identity() {
        return "init=%s frozen=%d rate=%s".formatted(from.sha256().substring(0, 16), frozenEpochs, unfrozenRate);
    }
}
