package dev.millrace.trainer.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.dataset.WantedShape;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.parity.LayerDifference;
import dev.millrace.trainer.parity.ParityCheck;
import dev.millrace.trainer.parity.ParityReport;
import dev.millrace.trainer.weights.TrainedNet;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
            "its fp32 ONNX model, on single images and on a whole split. When any two",
            "differ by more than the tolerance, name the first layer whose output differs",
            "on the image that differs most, and fail (exit code 1)."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace parity runs/fashion/model.safetensors fashion.fp32.onnx \\",
            "      --dataset fashion-mnist",
            "  millrace parity runs/fashion/model.safetensors fashion.fp32.onnx \\",
            "      --dataset bundled:fashion-mnist --tolerance 1e-5 --layers --json",
            "",
            "A layer counts as different when it differs by a larger share of its largest",
            "output than the tolerance is of the largest logit."
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

    @Option(
            names = "--layers",
            description = "also show the difference after every layer, on the image that differs most")
    private boolean layers;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", description = "of PyTorch (default: 1)")
    private int threads;

    @Option(names = "--json", description = "print one JSON object, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    /** What {@code --json} prints. */
    private record Answer(
            @JsonUnwrapped ParityReport report,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            List<LayerDifference> layers) {}

    @Override
    public Integer call() throws Exception {
        byte[] onnx = BundledModels.read(model);
        TrainedNet trained = TrainedNet.load(weights);
        Dataset data = on.dataset.load(WantedShape.exactly(trained.network().input()), DownloadProgress.onTerminal());
        LabelledImages images = on.images(data);
        ParityReport report;
        try (ImageProgress progress = new ImageProgress(model, images.size())) {
            report = new ParityCheck(trained, threads, progress).compare(onnx, images, tolerance);
        }
        List<LayerDifference> differences = layers ? layers(trained, onnx, images, report.worstImage()) : null;
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonLine.of(new Answer(report, differences)));
        } else {
            print(report, differences, out);
        }
        return report.passed() ? 0 : 1;
    }

    private List<LayerDifference> layers(TrainedNet trained, byte[] onnx, LabelledImages images, int image)
            throws IOException {
        return new ParityCheck(trained, threads).layers(OnnxFile.parse(onnx, model), images, image);
    }

    private static void print(ParityReport report, @Nullable List<LayerDifference> layers, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "%,d images, one by one: max difference %.2e%n",
                report.singleImages(),
                report.singleMaxDifference());
        out.printf(
                Locale.ROOT,
                "%,d images, in batches: max difference %.2e, mean %.2e, same best label %.2f %%%n",
                report.images(),
                report.maxDifference(),
                report.meanDifference(),
                100 * report.top1Agreement());
        out.printf(
                Locale.ROOT,
                "%s (tolerance %.0e)%n",
                report.passed() ? "the same" : "NOT THE SAME",
                report.tolerance());
        if (!report.passed()) {
            out.println(first(report));
        }
        if (layers != null) {
            out.printf("layers on image %,d:%n", report.worstImage());
            for (LayerDifference layer : layers) {
                out.printf(
                        Locale.ROOT,
                        "  %-24s %.2e, %.1e of the largest%n",
                        layer.layer(),
                        layer.maxDifference(),
                        layer.relativeDifference());
            }
        }
    }

    private static String first(ParityReport report) {
        LayerDifference first = report.firstLayerBeyondTolerance();
        if (first == null) {
            return String.format(
                    Locale.ROOT,
                    "no layer differs on image %,d when it runs alone and unoptimised, or none has a name to match by",
                    report.worstImage());
        }
        return String.format(
                Locale.ROOT,
                "first layer that differs, on image %,d: %s (%s), by %.2e, %.1e of its largest output",
                report.worstImage(),
                first.layer(),
                String.join(", then ", first.operations()),
                first.maxDifference(),
                first.relativeDifference());
    }
}
