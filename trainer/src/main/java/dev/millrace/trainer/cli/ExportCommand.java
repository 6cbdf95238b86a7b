package dev.millrace.trainer.cli;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.export.ExportOptions;
import dev.millrace.trainer.export.GitCommit;
import dev.millrace.trainer.export.InputKind;
import dev.millrace.trainer.export.OnnxExport;
import dev.millrace.trainer.export.Opset;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.weights.TrainedNet;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a trained network as an fp32 ONNX model. Needs no PyTorch. */
@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Write a trained network as an fp32 ONNX model: images in, logits out, batch",
            "norms folded, any batch size. Its metadata say what is needed to use it, and",
            "where it comes from."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace export runs/fashion/model.safetensors --out fashion.fp32.onnx",
            "  millrace export runs/fashion/model.safetensors --input float --opset 21 \\",
            "      --parent 3 --out fashion.float.onnx"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
public final class ExportCommand implements Callable<Integer> {
    /** A version of the same model, or of one of another name. */
    private static final Pattern VERSION = Pattern.compile("([a-z0-9][a-z0-9._-]*/)?[1-9][0-9]{0,8}");

    @Parameters(paramLabel = "WEIGHTS", description = "model.safetensors of a training run")
    private Path weights;

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "the ONNX file to write")
    private Path out;

    @Option(names = "--name", paramLabel = "NAME", description = "model name (default: the data set's)")
    private @Nullable String name;

    @Option(
            names = "--input",
            paramLabel = "KIND",
            defaultValue = "uint8",
            description = "uint8: pixels as they are; or float: (pixel - mean) x scale, by the numbers in the metadata"
                    + " (default: ${DEFAULT-VALUE})")
    private InputKind input;

    @Option(
            names = "--opset",
            paramLabel = "N",
            defaultValue = "17",
            description = "of ONNX, 17 to 26 (default: ${DEFAULT-VALUE})")
    private int opset;

    @Option(
            names = "--parent",
            paramLabel = "VERSION",
            description = "the version that it is to follow, for its metadata: 3, or fashion-mnist/3")
    private @Nullable String parent;

    @Option(
            names = "--git-commit",
            paramLabel = "COMMIT",
            description = "for its metadata (default: that of the work tree here, if it is one)")
    private @Nullable String commit;

    @Option(names = "--json", description = "print one JSON object, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    /** What {@code --json} prints. */
    private record Exported(String file, String name, String precision, String input, int opset, long bytes) {}

    @Override
    public Integer call() throws Exception {
        Opset chosen = opset();
        Map<String, String> lineage = lineage();
        TrainedNet trained = TrainedNet.load(weights);
        String named = name != null ? name : trained.lineage().getOrDefault("dataset", "model");
        ModelProto model = OnnxExport.export(trained, new ExportOptions(named, input, chosen, lineage));
        OnnxFile.write(model, out);
        PrintWriter printer = spec.commandLine().getOut();
        String taken = input.name().toLowerCase(Locale.ROOT);
        if (json) {
            printer.println(
                    JsonLine.of(new Exported(out.toString(), named, "fp32", taken, opset, model.getSerializedSize())));
        } else {
            printer.printf(
                    Locale.ROOT,
                    "%s: fp32, %s input, opset %d, %,d bytes%n",
                    out,
                    taken,
                    opset,
                    model.getSerializedSize());
        }
        return 0;
    }

    private Opset opset() {
        try {
            return new Opset(opset);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private Map<String, String> lineage() throws InterruptedException {
        Map<String, String> lineage = new TreeMap<>();
        if (parent != null) {
            require("parent", parent, VERSION, "a version such as 3 or fashion-mnist/3");
            lineage.put(ModelMetadata.PARENT_VERSION, parent);
        }
        if (commit != null) {
            require("git commit", commit, GitCommit.FORM, "4 to 64 hex digits, as git shows them");
            lineage.put(ModelMetadata.GIT_COMMIT, commit);
        } else {
            GitCommit.of(Path.of("")).ifPresent(here -> lineage.put(ModelMetadata.GIT_COMMIT, here));
        }
        return lineage;
    }

    private void require(String what, String value, Pattern form, String expected) {
        if (!form.matcher(value).matches()) {
            throw new ParameterException(spec.commandLine(), "%s: %s (expected: %s)".formatted(what, value, expected));
        }
    }
}
