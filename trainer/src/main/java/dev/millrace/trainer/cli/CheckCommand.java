package dev.millrace.trainer.cli;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.observe.ImageInput;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.quantize.SupportCheck;
import dev.millrace.worker.model.ModelProperties;
import dev.millrace.worker.model.ModelRefusedException;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says whether a model can be run and quantized here. */
@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Say, operator by operator, whether a model runs here, and which of its nodes",
            "would run on integers after `quantize`; the others with the reason.",
            "Exit code 1 where it does not run."
        },
        footerHeading = "%nExample:%n",
        footer = "  millrace check detector.onnx")
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
public final class CheckCommand implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL", description = "fp32 ONNX file")
    private String model;

    @Option(names = "--json", description = "print one JSON object, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        byte[] onnx = BundledModels.read(model);
        ModelProto parsed = OnnxFile.parse(onnx, model);
        Map<String, String> metadata = OnnxFile.metadata(parsed);
        try {
            metadata.putAll(ModelProperties.unsaid(onnx, metadata));
        } catch (ModelRefusedException e) {
            // One that does not run: the operators say why.
        }
        // Whether it runs does not depend on these, and not every file says them.
        metadata.putIfAbsent(ModelMetadata.MEAN, "0");
        metadata.putIfAbsent(ModelMetadata.SCALE, "1");
        SupportCheck.Report report = SupportCheck.check(parsed, ImageInput.of(parsed, metadata));
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonLine.of(report));
        } else {
            print(report, out);
        }
        return report.runs() ? 0 : 1;
    }

    private void print(SupportCheck.Report report, PrintWriter out) {
        String refusal = report.refusal();
        out.printf(
                "%s: opset %d, %s%n",
                model, report.opset(), refusal == null ? "runs in fp32" : "does not run: " + refusal);
        out.printf("%-28s%8s  %s%n", "operator", "nodes", "fp32");
        for (SupportCheck.Operator operator : report.operators()) {
            String unknown = operator.refusal();
            out.printf("%-28s%8d  %s%n", operator.name(), operator.nodes(), unknown == null ? "yes" : "no: " + unknown);
        }
        if (report.runs()) {
            out.printf(
                    "after folding, %d nodes run on integers%n",
                    report.integer().size());
            report.staysFp32().forEach((node, reason) -> out.printf("stays fp32: %s: %s%n", node, reason));
        }
    }
}
