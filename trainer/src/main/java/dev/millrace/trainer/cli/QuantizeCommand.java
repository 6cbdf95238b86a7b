package dev.millrace.trainer.cli;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.calibrate.Calibration;
import dev.millrace.trainer.calibrate.RangeMethod;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.dataset.Split;
import dev.millrace.trainer.dataset.WantedShape;
import dev.millrace.trainer.observe.ImageInput;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.quantize.QuantizationReport;
import dev.millrace.trainer.quantize.QuantizeListener;
import dev.millrace.trainer.quantize.QuantizeOptions;
import dev.millrace.trainer.quantize.Quantizer;
import dev.millrace.trainer.quantize.WeightWidth;
import dev.millrace.worker.model.ModelProperties;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
            "Make an int8 model of any fp32 ONNX model that takes images (opset 9 or newer).",
            "How images go into it, its file says, or --mean and so on; of public detectors",
            "and exports of Ultralytics it is known. The int8 file says it.",
            "Ranges are measured on training images; accuracy (without labels: agreement",
            "with fp32) and speed are compared on images held out. Nodes that cost too much",
            "stay in fp32; where int8 is slower on this machine, FILE is the given model."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace quantize fashion.fp32.onnx --calibrate fashion-mnist \\",
            "      --out fashion.int8.onnx",
            "  millrace quantize fastestdet.onnx --calibrate images:photos \\",
            "      --out fastestdet.int8.onnx",
            "  millrace quantize detector.onnx --calibrate images:photos \\",
            "      --mean 127 --scale 0.0078125 --channels RGB --out detector.int8.onnx"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
public final class QuantizeCommand implements Callable<Integer> {
    private static final String CLASSIFICATION = "classification";
    private static final int LEAST_CALIBRATION_IMAGES = 2;

    @Parameters(paramLabel = "MODEL", description = "fp32 ONNX file")
    private String model;

    @Option(
            names = "--calibrate",
            paramLabel = "SPEC",
            required = true,
            converter = DatasetSpecConverter.class,
            description = "images such as it will see:%n" + DatasetSpecConverter.HELP)
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
            names = "--held-out",
            paramLabel = "N",
            defaultValue = "5000",
            description = "validation images to compare on, at most (default: ${DEFAULT-VALUE})")
    private int heldOut;

    @Option(
            names = "--method",
            paramLabel = "METHOD",
            defaultValue = "MINMAX",
            description = "how ranges are chosen: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
    private RangeMethod method;

    @Option(
            names = "--percentile",
            paramLabel = "P",
            defaultValue = "99.99",
            description = "for --method percentile (default: ${DEFAULT-VALUE})")
    private double percentile;

    @Option(names = "--per-tensor", description = "one weight scale per tensor, not per channel")
    private boolean perTensor;

    @Option(
            names = "--weights",
            paramLabel = "BITS",
            description = "7 (safe on every CPU) or 8; default: 7 unless 8 are 0.2 point better")
    private @Nullable Integer bits;

    @Option(names = "--keep", paramLabel = "NODE", arity = "1..*", description = "nodes that stay in fp32")
    private List<String> keep = List.of();

    @Option(
            names = "--max-drop",
            paramLabel = "POINTS",
            defaultValue = "1",
            description = "of top-1 (no labels: of agreement) that may be lost (default: ${DEFAULT-VALUE})")
    private double maxDrop;

    @Option(names = "--fp16", description = "make a float16 model instead, for GPUs")
    private boolean fp16;

    @Option(names = "--even-if-slower", description = "write the int8 model where fp32 is faster here, too")
    private boolean evenIfSlower;

    @Mixin
    private PixelInputOptions pixelInput;

    @Option(names = "--layers", description = "print the noise after each layer, too")
    private boolean layers;

    @Option(names = "--json", description = "print one JSON object, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        byte[] onnx = BundledModels.read(model);
        ModelProto given = OnnxFile.parse(onnx, model);
        pixelInput.value().requireAgreement(given);
        ModelProto fp32 = pixelInput
                .value()
                .written(with(
                        given, ModelProperties.unsaid(onnx, pixelInput.value().said())));
        Map<String, String> metadata = OnnxFile.metadata(fp32);
        ImageInput input = ImageInput.of(fp32, metadata);
        Dataset data = dataset.load(
                WantedShape.exactly(input.shape(), ModelProperties.resizing(metadata)), DownloadProgress.onTerminal());
        // A model that names no labels, or does more with them, is compared with itself in fp32, whatever the images
        // are of.
        boolean labelled = data.isLabelled()
                && metadata.containsKey(ModelMetadata.LABELS)
                && metadata.getOrDefault(ModelMetadata.TASK, CLASSIFICATION).equals(CLASSIFICATION);
        if (labelled) {
            data = data.labelledAs(ModelMetadata.labels(metadata));
        }
        LabelledImages calibration = data.images(Split.TRAIN).first(images);
        if (calibration.size() < LEAST_CALIBRATION_IMAGES) {
            throw new IllegalArgumentException(
                    "calibration images: %d (expected: at least %d, so that ranges mean something)"
                            .formatted(calibration.size(), LEAST_CALIBRATION_IMAGES));
        }
        LabelledImages compared =
                data.validation().size() == 0 ? calibration : data.validation().first(heldOut);
        Quantizer quantizer = new Quantizer(options(), listener());
        Quantizer.Outcome outcome = fp16
                ? quantizer.halve(fp32, input, calibration, compared, labelled)
                : quantizer.quantize(fp32, input, calibration, compared, labelled);
        OnnxFile.write(outcome.model(), out);
        PrintWriter printer = spec.commandLine().getOut();
        if (json) {
            printer.println(JsonLine.of(outcome.report()));
        } else {
            print(outcome.report(), printer);
        }
        return 0;
    }

    private static ModelProto with(ModelProto model, Map<String, String> unsaid) {
        if (unsaid.isEmpty()) {
            return model;
        }
        Map<String, String> all = OnnxFile.metadata(model);
        all.putAll(unsaid);
        return OnnxFile.withMetadata(model, all);
    }

    private QuantizeOptions options() {
        WeightWidth width = bits == null ? null : WeightWidth.ofBits(bits);
        return new QuantizeOptions(
                new Calibration(method, percentile), !perTensor, width, Set.copyOf(keep), maxDrop / 100, evenIfSlower);
    }

    private QuantizeListener listener() {
        if (!Terminal.isWatched()) {
            return QuantizeListener.NONE;
        }
        PrintWriter err = spec.commandLine().getErr();
        return new QuantizeListener() {
            private int measured;

            @Override
            public void stage(String name) {
                show(name + "...");
            }

            @Override
            public void measured(String node, int nodes) {
                measured++;
                show("measuring what each node costs: %d of %d".formatted(measured, nodes));
            }

            @Override
            public void tried(int kept, double drop) {
                show(String.format(Locale.ROOT, "%d nodes in fp32: %.2f points lost", kept, 100 * drop));
            }

            private void show(String line) {
                err.printf("\r%-79.79s", line);
                err.flush();
            }
        };
    }

    private void print(QuantizationReport report, PrintWriter printer) {
        printer.printf(Locale.ROOT, "%s: %s%n", out, headline(report));
        printer.printf(Locale.ROOT, "%-20s%14s%14s%n", "", "fp32", report.precision());
        Double before = report.top1Before();
        Double after = report.top1After();
        if (before != null && after != null) {
            printer.printf(Locale.ROOT, "%-20s%14.2f%14.2f%n", "top-1 %", 100 * before, 100 * after);
        }
        printer.printf(
                Locale.ROOT,
                "%-20s%14.0f%14.0f   (%.2fx, one thread, in turns)%n",
                "images/s",
                report.imagesPerSecondBefore(),
                report.imagesPerSecondAfter(),
                report.speedup());
        printer.printf(Locale.ROOT, "%-20s%,14d%,14d%n", "bytes", report.bytesBefore(), report.bytesAfter());
        printer.printf(
                Locale.ROOT,
                "%-20s%14s%14.2f   (on %,d image%s)%n",
                lost(report),
                "",
                100 * report.drop(),
                report.images(),
                report.images() == 1 ? "" : "s");
        printer.printf(Locale.ROOT, "%-20s%14s%14.1f   (worst output)%n", "signal to noise, dB", "", report.sqnrDb());
        for (QuantizationReport.KeptNode kept : report.keptFp32()) {
            printer.printf("stays fp32: %s: %s%n", kept.node(), kept.reason());
        }
        if (layers) {
            for (QuantizationReport.Layer layer : report.layers()) {
                printer.printf(Locale.ROOT, "%6.1f dB after %s%n", layer.sqnrDb(), layer.node());
            }
        }
    }

    private static String headline(QuantizationReport report) {
        if (report.reason() != null) {
            return "fp32: " + report.reason();
        }
        return report.weights() == null
                ? "fp16 (for GPUs: the speed here says nothing)"
                : "int8, " + report.weights() + " weights";
    }

    private static String lost(QuantizationReport report) {
        return switch (report.dropMeans()) {
            case "top1" -> "top-1 points lost";
            case "disagreement" -> "other answers %";
            default -> "noise %";
        };
    }
}
