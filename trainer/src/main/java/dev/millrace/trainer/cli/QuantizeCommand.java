package dev.millrace.trainer.cli;

import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.onnx.OnnxFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes an int8 model of an fp32 one. */
@Command(
        name = "quantize",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Make an int8 model: ranges measured on training images, weights of 7 bits",
            "(safe on every CPU) unless 8 bits are more than 0.2 point better on the",
            "validation images. Reports what it costs and what it brings."
        },
        footerHeading = "%nExample:%n",
        footer = {"  millrace quantize fashion.fp32.onnx --dataset fashion-mnist \\", "      --out fashion.int8.onnx"})
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
public final class QuantizeCommand implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL", description = "fp32 ONNX file, as export writes it")
    private String model;

    @Option(
            names = "--dataset",
            paramLabel = "SPEC",
            required = true,
            converter = DatasetSpecConverter.class,
            description = "what it was trained on")
    private DatasetSpec dataset;

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "the ONNX file to write")
    private Path out;

    @Option(
            names = "--images",
            paramLabel = "N",
            defaultValue = "512",
            description = "training images to calibrate on (default: ${DEFAULT-VALUE})")
    private int images;

    @Option(
            names = "--percentile",
            paramLabel = "P",
            defaultValue = "100",
            description = "100: minimum to maximum; less: cut off at both ends (default: ${DEFAULT-VALUE})")
    private double percentile;

    @Option(names = "--json", description = "print one JSON object, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        byte[] onnx = BundledModels.read(model);
        Dataset data = dataset.load();
        Int8Candidate chosen = Int8Candidate.best(OnnxFile.parse(onnx, model), data, images, percentile);
        OnnxFile.write(chosen.model(), out);
        PrintWriter printer = spec.commandLine().getOut();
        if (json) {
            printer.println(JsonLine.of(chosen.report()));
        } else {
            print(chosen.report(), printer);
        }
        return 0;
    }

    private void print(Int8Candidate.Report report, PrintWriter printer) {
        printer.printf(
                Locale.ROOT,
                """
                %s: int8, %s weights
                                       fp32        int8
                validation top-1 %% %8.2f    %8.2f
                images/s           %8.0f    %8.0f   (one thread)
                bytes             %,9d   %,9d
                """,
                out,
                report.weights(),
                100 * report.fp32().top1(),
                100 * report.int8().top1(),
                report.fp32().imagesPerSecond(),
                report.int8().imagesPerSecond(),
                report.fp32().bytes(),
                report.int8().bytes());
        if (report.int8().imagesPerSecond() < report.fp32().imagesPerSecond()) {
            printer.println("int8 is the slower one on this machine: keep serving fp32 here");
        }
    }
}
