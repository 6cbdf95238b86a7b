package dev.millrace.trainer.cli;

import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.dataset.WantedShape;
import dev.millrace.trainer.gate.Check;
import dev.millrace.trainer.gate.Gate;
import dev.millrace.trainer.gate.GateFile;
import dev.millrace.trainer.gate.GateReport;
import dev.millrace.trainer.gate.GoldenVectors;
import dev.millrace.trainer.onnx.OnnxFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Checks a candidate against the limits of a file; exit code 1 when it does not keep to one of them. */
@Command(
        name = "gate",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Decide whether a candidate may serve. Every check of the gate file is made and",
            "printed with its figure and its limit; exit code 0: all passed, 1: refused.",
            "",
            "The candidate runs in a process of its own, one image at a time. It is refused",
            "when it does not load, crashes, answers with NaN or infinity, or takes more",
            "memory or time than the file allows. On Linux the kernel holds it to the",
            "memory; elsewhere only the Java heap and the time are bounded."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace gate fashion.int8.onnx --file gate.yaml --dataset fashion-mnist \\",
            "      --fp32 fashion.fp32.onnx --champion bundled:fashion-mnist",
            "  millrace gate fashion.int8.onnx --record-golden golden.json \\",
            "      --dataset fashion-mnist",
            "",
            "A gate file. What is left out is not asked for; p99, memory and time have the",
            "limits below all the same.",
            "",
            "  minimum:                # shares, 0 to 1, as evaluate --json prints them",
            "    top1: 0.93",
            "    top5: 0.99",
            "    weighted_fbeta: 0.92  # by metrics below",
            "    recall:               # by class",
            "      Shirt: 0.75",
            "  metrics:                # as in the file of evaluate --metrics",
            "    beta: 2",
            "    weights:",
            "      Shirt: 3",
            "  max_drop:               # points of top-1 that it may be worse",
            "    fp32: 1               # asks for --fp32",
            "    champion: 0.5         # asks for --champion",
            "  max_p99_ms: 50          # of one image, in one thread",
            "  max_bytes: 600000       # of the file",
            "  golden:",
            "    file: golden.json     # of --record-golden; beside this file",
            "    tolerance: 0.01       # largest difference in a logit",
            "  child:                  # limits of the process",
            "    memory_mib: 2048",
            "    seconds: 120"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
public final class GateCommand implements Callable<Integer> {
    @Parameters(paramLabel = "CANDIDATE", description = BundledModels.FORMS)
    private String candidate;

    @ArgGroup(multiplicity = "1")
    private Task task;

    @Mixin
    private SplitOptions on;

    @Option(names = "--fp32", paramLabel = "MODEL", description = "what it was quantized from, for max_drop.fp32")
    private @Nullable String fp32;

    @Option(names = "--champion", paramLabel = "MODEL", description = "what answers now, for max_drop.champion")
    private @Nullable String champion;

    @Mixin
    private PixelInputOptions input;

    @Option(names = "--json", description = "print one JSON object, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    private static final class Task {
        @Option(names = "--file", paramLabel = "FILE", required = true, description = "the gate file, see below")
        private @Nullable Path file;

        @Option(
                names = "--record-golden",
                paramLabel = "FILE",
                required = true,
                description = "no check: write the candidate's logits of the first " + Gate.GOLDEN_IMAGES
                        + " images as golden vectors")
        private @Nullable Path golden;
    }

    @Override
    public Integer call() throws Exception {
        if (task.golden != null) {
            return record(task.golden);
        }
        if (task.file == null) {
            throw new ParameterException(spec.commandLine(), "--file: absent (expected: a gate file)");
        }
        GateFile file = GateFile.read(task.file);
        byte[] onnx = BundledModels.read(candidate);
        byte @Nullable [] ofFp32 = fp32 == null ? null : BundledModels.read(fp32);
        byte @Nullable [] ofChampion = champion == null ? null : BundledModels.read(champion);
        Dataset data = data(onnx);
        LabelledImages images = on.images(data);
        Gate gate = new Gate(file, images, data.classes(), input.value());
        if (Terminal.isWatched()) {
            PrintWriter err = spec.commandLine().getErr();
            err.printf(
                    "Running over %,d images, %s s at most for each model...%n",
                    images.size(), file.child().seconds());
            err.flush();
        }
        GateReport report = gate.judge(onnx, ofFp32, ofChampion);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonLine.of(report));
        } else {
            print(report, out);
        }
        return report.passed() ? 0 : 1;
    }

    /**
     * As the candidate wants it. Where the candidate does not say, or the data set has nothing for it, as the data set is: then it is for
     * the candidate's own process to say why it does not fit.
     */
    private Dataset data(byte[] onnx) throws IOException {
        try {
            return ModelImages.load(on.dataset, OnnxFile.parse(onnx, candidate), input.value());
        } catch (IOException | IllegalArgumentException e) {
            return on.dataset
                    .load(WantedShape.OWN, DownloadProgress.onTerminal())
                    .labelled();
        }
    }

    private int record(Path file) throws Exception {
        if (fp32 != null || champion != null) {
            throw new ParameterException(
                    spec.commandLine(), "--fp32, --champion: given (expected: not with --record-golden)");
        }
        byte[] onnx = BundledModels.read(candidate);
        Dataset data = data(onnx);
        GoldenVectors vectors =
                new Gate(GateFile.DEFAULT, on.images(data), data.classes(), input.value()).recordGolden(onnx);
        vectors.write(file);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonLine.of(new Recorded(
                    file.toString(),
                    vectors.model(),
                    vectors.sha256(),
                    vectors.vectors().size())));
        } else {
            out.printf(
                    "%s: %d golden vectors of %s, sha256 %s%n",
                    file,
                    vectors.vectors().size(),
                    vectors.model(),
                    vectors.sha256().substring(0, 12));
        }
        return 0;
    }

    private void print(GateReport report, PrintWriter out) {
        out.printf("%-24s%-6s%16s%20s%n", "check", "", "figure", "limit");
        for (Check check : report.checks()) {
            out.printf(
                    "%-24s%-6s%16s%20s%n",
                    check.name(),
                    check.passed() ? "pass" : "FAIL",
                    check.figure() == null ? "-" : figure(check.figure(), check.unit()),
                    check.limit() == null ? "" : bound(check) + " " + figure(check.limit(), check.unit()));
            if (check.reason() != null) {
                out.println("    " + check.reason());
            }
        }
        out.printf(
                "%n%s: %s%n",
                candidate,
                report.passed()
                        ? "passed"
                        : "REFUSED, %d of %d checks failed"
                                .formatted(
                                        report.failed().size(), report.checks().size()));
    }

    private static String bound(Check check) {
        return check.unit() == Check.Unit.SHARE ? "at least" : "at most";
    }

    private static String figure(double value, Check.Unit unit) {
        return switch (unit) {
            case BYTES -> String.format(Locale.ROOT, "%,.0f", value);
            case MIB -> String.format(Locale.ROOT, "%,.0f MiB", value);
            case SECONDS -> String.format(Locale.ROOT, "%.1f s", value);
            case MILLISECONDS -> String.format(Locale.ROOT, "%.2f ms", value);
            case SHARE -> String.format(Locale.ROOT, "%.2f %%", 100 * value);
            case POINTS -> String.format(Locale.ROOT, "%.2f points", value);
            case LOGIT -> String.format(Locale.ROOT, "%.2g", value);
            case NONE -> String.valueOf(value);
        };
    }

    /** What {@code --record-golden} says in JSON. */
    record Recorded(String file, String model, String sha256, int vectors) {}
}
