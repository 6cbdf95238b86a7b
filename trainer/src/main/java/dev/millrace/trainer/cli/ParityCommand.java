package dev.millrace.trainer.cli;

import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.dataset.WantedShape;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.parity.ParityCheck;
import dev.millrace.trainer.parity.ParityReport;
import dev.millrace.trainer.weights.TrainedNet;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Compares the logits of a trained network and its ONNX model; exit code 1 when they differ by more than the tolerance. */
@Command(
        name = "parity",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Compare the logits of a trained network in PyTorch (float32) with those of",
            "its fp32 ONNX model, on one image and on a whole split. Fails (exit code 1)",
            "when any two differ by more than the tolerance."
        },
        footerHeading = "%nExample:%n",
        footer = {
            "  millrace parity runs/fashion/model.safetensors fashion.fp32.onnx \\",
            "      --dataset fashion-mnist"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
public final class ParityCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "WEIGHTS", description = "model.safetensors of a training run")
    private Path weights;

    @Parameters(index = "1", paramLabel = "MODEL", description = "its fp32 ONNX model")
    private String model;

    @Mixin
    private SplitOptions on;

    @Option(
            names = "--tolerance",
            paramLabel = "X",
            defaultValue = "" + ParityCheck.TOLERANCE,
            description = "largest absolute difference allowed (default: ${DEFAULT-VALUE})")
    private double tolerance;

    @Option(names = "--layers", description = "also show the difference after every operation, on one image")
    private boolean layers;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", description = "of PyTorch (default: 1)")
    private int threads;

    @Option(names = "--json", description = "print one JSON object, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        byte[] onnx = BundledModels.read(model);
        TrainedNet trained = TrainedNet.load(weights);
        Dataset data = on.dataset.load(WantedShape.exactly(trained.network().input()), DownloadProgress.onTerminal());
        LabelledImages images = data.images(on.split);
        ParityCheck check = new ParityCheck(trained, threads);
        ParityReport report = check.compare(onnx, images, tolerance);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonLine.of(report));
        } else {
            out.printf(
                    Locale.ROOT,
                    "one image   max difference %.2e%n%,d images max difference %.2e, mean %.2e, same best label %.2f %%%n%s (tolerance %.0e)%n",
                    report.firstDifference(),
                    report.images(),
                    report.maxDifference(),
                    report.meanDifference(),
                    100 * report.top1Agreement(),
                    report.passed() ? "the same" : "NOT THE SAME",
                    report.tolerance());
        }
        if (layers && !json) {
            check.layers(OnnxFile.parse(onnx, model), images)
                    .forEach((operation, difference) ->
                            out.printf(Locale.ROOT, "  %-20s %.2e%n", operation, difference));
        }
        return report.passed() ? 0 : 1;
    }
}
