package dev.millrace.trainer.cli;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.export.OnnxExport;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.weights.TrainedNet;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a trained network as an fp32 ONNX model. Needs no PyTorch. */
@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Write a trained network as an fp32 ONNX model: uint8 pixels in, logits out,",
            "batch norms folded, any batch size."
        },
        footerHeading = "%nExample:%n",
        footer = "  millrace export runs/fashion/model.safetensors --out fashion.fp32.onnx")
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
public final class ExportCommand implements Callable<Integer> {
    @Parameters(paramLabel = "WEIGHTS", description = "model.safetensors of a training run")
    private Path weights;

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "the ONNX file to write")
    private Path out;

    @Option(names = "--name", paramLabel = "NAME", description = "model name (default: the data set's)")
    private @Nullable String name;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        TrainedNet trained = TrainedNet.load(weights);
        ModelProto model = OnnxExport.export(
                trained, name != null ? name : trained.lineage().getOrDefault("dataset", "model"));
        OnnxFile.write(model, out);
        spec.commandLine().getOut().printf("%s: fp32, %,d bytes%n", out, model.getSerializedSize());
        return 0;
    }
}
