package dev.millrace.trainer.cli;

import dev.millrace.trainer.bundled.BundledMaker;
import dev.millrace.trainer.bundled.BundledModel;
import dev.millrace.trainer.bundled.Training;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.dataset.WantedShape;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes a model that is packed with Millrace: train, export, parity, quantize, evaluate in one go. */
@Command(
        name = "make-bundled",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Make a bundled model again: train (one of them learns from another, which is",
            "bundled, too), export, parity, quantize, evaluate. Nothing is written unless",
            "the model is good enough. Goes on where an earlier call was stopped."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace make-bundled fashion-mnist",
            "  millrace make-bundled cifar100 --dataset cifar100:cifar-100-binary.tar.gz"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
public final class MakeBundledCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", description = "fashion-mnist, fashion-mnist-early, cifar100 or cifar100-resnet20")
    private String name;

    @Option(
            names = "--runs",
            paramLabel = "DIR",
            defaultValue = "runs",
            description = "training runs, a folder each (default: ${DEFAULT-VALUE})")
    private Path runs;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "trainer/src/main/resources/bundled",
            description = "writes to a folder of this (default: ${DEFAULT-VALUE})")
    private Path out;

    @Option(
            names = "--dataset",
            paramLabel = "SPEC",
            converter = DatasetSpecConverter.class,
            description = "where the data set is (default: as for train)")
    private @Nullable DatasetSpec dataset;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", description = "of PyTorch (default: 1)")
    private int threads;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        BundledModel model = model();
        String wanted = model.training().dataset();
        DatasetSpec from = dataset == null ? DatasetSpec.parse(wanted) : dataset;
        if (!from.name().equals(wanted)) {
            throw new ParameterException(
                    spec.commandLine(), "data set: %s (expected: %s)".formatted(from.name(), wanted));
        }
        Dataset data = from.load(WantedShape.OWN, DownloadProgress.onTerminal());
        BundledMaker maker = new BundledMaker(data, runs, threads);
        PrintWriter told = spec.commandLine().getErr();
        try (StopSignal stop = new StopSignal()) {
            Training training = model.training();
            told.println("training " + training.id());
            try (TrainingProgress progress = new TrainingProgress(
                    told,
                    Terminal.isWatched(),
                    training.recipe().epochs(),
                    training.recipe().batch())) {
                if (!maker.train(training, progress, stop)) {
                    told.println("stopped; the same command goes on");
                    return 1;
                }
            }
        }
        told.println("export, parity, quantize, evaluate");
        spec.commandLine().getOut().println(maker.write(model, out));
        return 0;
    }

    private BundledModel model() {
        try {
            return BundledModel.named(name);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }
}
