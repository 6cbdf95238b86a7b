package dev.millrace.trainer.cli;

import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.dataset.WantedShape;
import dev.millrace.trainer.fit.Augmentation;
import dev.millrace.trainer.fit.EpochReport;
import dev.millrace.trainer.fit.FineTuning;
import dev.millrace.trainer.fit.ProgressiveResizing;
import dev.millrace.trainer.fit.Recipe;
import dev.millrace.trainer.fit.TrainingPlan;
import dev.millrace.trainer.fit.TrainingRun;
import dev.millrace.trainer.net.Architecture;
import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.net.NetworkCost;
import dev.millrace.trainer.torch.Compute;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Trains a network on a data set; can be stopped at any time and continued by the same command. */
@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Train a network. Ctrl-C or SIGTERM saves a checkpoint and ends; the same",
            "command goes on from there to the same result. The weights kept are those",
            "of the epoch that was best on validation; test images are never looked at."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace train --dataset fashion-mnist --out runs/fashion",
            "  millrace train --dataset cifar100:cifar-100-binary.tar.gz \\",
            "      --architecture efficientnet-lite0 --init lite0.safetensors --size 128 \\",
            "      --lr 0.1 --freeze 1 --epochs 8 --out runs/lite0",
            "  millrace train --dataset cifar100 --architecture resnet20 \\",
            "      --teacher vggres.onnx --out runs/resnet20"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
public final class TrainCommand implements Callable<Integer> {
    private static final double SMALL_SCALE = 0.75;

    @Option(
            names = "--dataset",
            paramLabel = "SPEC",
            required = true,
            converter = DatasetSpecConverter.class,
            description = DatasetSpecConverter.HELP)
    private DatasetSpec dataset;

    @Option(names = "--size", paramLabel = "N", description = "resize images to N x N pixels (default: as they are)")
    private @Nullable Integer size;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            required = true,
            description = "folder of the run: checkpoint, model.safetensors, metrics.jsonl,"
                    + " learning-curve.svg, confusion.svg")
    private Path out;

    @Option(
            names = "--architecture",
            paramLabel = "NAME",
            defaultValue = "resnet-mini",
            description = "one that `millrace architectures` lists (default: ${DEFAULT-VALUE})")
    private String architecture;

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "36", description = "default: ${DEFAULT-VALUE}")
    private int epochs;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "128", description = "default: ${DEFAULT-VALUE}")
    private int batch;

    @Option(
            names = "--lr",
            paramLabel = "RATE",
            defaultValue = "0.1",
            description = "peak learning rate (default: ${DEFAULT-VALUE})")
    private double learningRate;

    @Option(
            names = "--weight-decay",
            paramLabel = "X",
            defaultValue = "5e-4",
            description = "default: ${DEFAULT-VALUE}")
    private double weightDecay;

    @Option(
            names = "--label-smoothing",
            paramLabel = "X",
            defaultValue = "0.1",
            description = "default: ${DEFAULT-VALUE}")
    private double labelSmoothing;

    @Option(
            names = "--average",
            paramLabel = "X",
            defaultValue = "0",
            description =
                    "keep a moving average of the weights, with this weight of the past a step, such as 0.998 (default: none)")
    private double averaging;

    @Option(
            names = "--flip",
            paramLabel = "WHEN",
            defaultValue = "RANDOM",
            description = "mirror training images: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
    private Augmentation.Flip flip;

    @Option(
            names = "--shift",
            paramLabel = "PIXELS",
            defaultValue = "2",
            description = "shift training images by up to this (default: ${DEFAULT-VALUE})")
    private int shift;

    @Option(
            names = "--erase",
            paramLabel = "PIXELS",
            defaultValue = "8",
            description = "erase squares of this side; 0: never (default: ${DEFAULT-VALUE})")
    private int erase;

    @Option(
            names = "--cutmix",
            paramLabel = "SHARE",
            defaultValue = "0",
            description = "share of the batches in which a part of each image is another one's, 0 to 1"
                    + " (default: ${DEFAULT-VALUE})")
    private double cutMix;

    @Option(
            names = "--small-epochs",
            paramLabel = "N",
            description = "the first epochs that see smaller images and so take less time (progressive resizing;"
                    + " default: none)")
    private @Nullable Integer smallEpochs;

    @Option(
            names = "--small-scale",
            paramLabel = "X",
            description = "with --small-epochs: of their height and width (default: " + SMALL_SCALE + ")")
    private @Nullable Double smallScale;

    @Option(
            names = "--held-out",
            paramLabel = "N",
            description = "images held out of the training images for validation (default: a tenth, at most 5,000);"
                    + " give quantize the same")
    private @Nullable Integer heldOut;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description = "of PyTorch; more only on cores that nothing else uses (default: ${DEFAULT-VALUE})")
    private int threads;

    @Option(names = "--fp32", description = "train in float32 even where the CPU has bfloat16")
    private boolean fp32;

    @Mixin
    private final FineTuningOptions fineTuning = new FineTuningOptions();

    @Mixin
    private final DistillationOptions distillation = new DistillationOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        // Ends last: once it is closed, a JVM that was told to end does so.
        try (StopSignal stop = new StopSignal()) {
            Optional<EpochReport> best = train(stop);
            if (best.isEmpty()) {
                spec.commandLine().getErr().println("stopped; the same command goes on from " + out);
                return 1;
            }
            spec.commandLine()
                    .getOut()
                    .printf(
                            Locale.ROOT,
                            "best epoch %d: validation top-1 %.4f, weights in %s%n",
                            best.get().epoch(),
                            best.get().validationTop1(),
                            out.resolve(TrainingRun.MODEL));
            return 0;
        }
    }

    private Optional<EpochReport> train(StopSignal stop) throws IOException, InterruptedException {
        Recipe recipe = recipe();
        Compute compute = fp32 ? Compute.exact(threads) : Compute.fastest(threads);
        Architecture chosen = Architecture.parse(architecture);
        WantedShape wanted = size == null ? WantedShape.OWN : WantedShape.square(size);
        Dataset data = dataset.load(wanted, DownloadProgress.onTerminal()).labelled();
        Network network =
                chosen.network(chosen.input(data.shape()), data.classes().size());
        PrintWriter told = spec.commandLine().getErr();
        told.printf("%s for %s images: %s%n", network.architecture(), network.input(), NetworkCost.of(network));
        TrainingPlan plan = new TrainingPlan(recipe, fineTuning(network, told), distillation.read());
        try (TrainingProgress progress = new TrainingProgress(told, Terminal.isWatched(), epochs, batch)) {
            return new TrainingRun(data, network, plan, compute, out, progress).run(stop);
        }
    }

    /** Where the weights come from; null: they are random. */
    @Nullable
    FineTuning fineTuning(Network network, PrintWriter told) throws IOException {
        return fineTuning.read(network, learningRate, told);
    }

    private @Nullable ProgressiveResizing progressive() {
        if (smallEpochs == null) {
            if (smallScale != null) {
                throw new ParameterException(
                        spec.commandLine(), "--small-scale: given without --small-epochs (expected: with it)");
            }
            return null;
        }
        return new ProgressiveResizing(smallScale == null ? SMALL_SCALE : smallScale, smallEpochs);
    }

    /** What the options say; without any it is {@link Recipe#STANDARD}. */
    Recipe recipe() {
        Augmentation augmentation = new Augmentation(flip, shift, erase, cutMix);
        return new Recipe(
                epochs,
                batch,
                learningRate,
                Recipe.STANDARD.momentum(),
                weightDecay,
                labelSmoothing,
                averaging,
                augmentation,
                seed,
                progressive(),
                heldOut);
    }
}
