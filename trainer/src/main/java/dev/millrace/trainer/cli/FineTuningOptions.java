package dev.millrace.trainer.cli;

import dev.millrace.trainer.fit.FineTuning;
import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.weights.PretrainedWeights;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What `train` takes to go on from pretrained weights. */
final class FineTuningOptions {
    private static final int FROZEN_EPOCHS = 1;
    private static final double UNFROZEN_SHARE = 0.1;

    @Option(
            names = "--init",
            paramLabel = "WEIGHTS",
            description = "start from these weights of the same architecture (safetensors): a model.safetensors,"
                    + " or by the names of torchvision, timm or efficientnet_lite_pytorch."
                    + " A classifier of other classes is left out")
    private @Nullable Path init;

    @Option(
            names = "--freeze",
            paramLabel = "EPOCHS",
            description = "with --init: train only the classifier at first (default: 1)")
    private @Nullable Integer frozenEpochs;

    @Option(
            names = "--unfrozen-lr",
            paramLabel = "RATE",
            description = "with --init: peak learning rate after that (default: a tenth of --lr)")
    private @Nullable Double unfrozenRate;

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec spec;

    /**
     * Reads the weights and says what becomes of them; null when none are named.
     *
     * @throws ParameterException when other options are given without weights
     * @throws IOException when the weights are not those of the network
     */
    @Nullable
    FineTuning read(Network network, double learningRate, PrintWriter told) throws IOException {
        if (init == null) {
            if (spec != null && (frozenEpochs != null || unfrozenRate != null)) {
                throw new ParameterException(
                        spec.commandLine(), "--freeze, --unfrozen-lr: given without --init (expected: with it)");
            }
            return null;
        }
        PretrainedWeights weights = PretrainedWeights.read(init, network);
        if (weights.hasClassifier(network)) {
            told.printf("%s: all weights taken%n", init);
        } else {
            told.printf(
                    "%s: all weights taken but the classifier, which is for %d classes; here there are %d%n",
                    init, weights.classes(), network.classes());
        }
        return new FineTuning(
                weights,
                frozenEpochs == null ? FROZEN_EPOCHS : frozenEpochs,
                unfrozenRate == null ? UNFROZEN_SHARE * learningRate : unfrozenRate);
    }
}
