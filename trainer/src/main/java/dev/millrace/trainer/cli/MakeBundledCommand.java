package dev.millrace.trainer.cli;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.card.LearningCurve;
import dev.millrace.trainer.card.ModelCard;
import dev.millrace.trainer.dataset.BundledSample;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.dataset.Split;
import dev.millrace.trainer.dataset.WantedShape;
import dev.millrace.trainer.evaluate.Evaluation;
import dev.millrace.trainer.evaluate.Evaluator;
import dev.millrace.trainer.export.OnnxExport;
import dev.millrace.trainer.fit.Recipe;
import dev.millrace.trainer.fit.TrainingPlan;
import dev.millrace.trainer.fit.TrainingRun;
import dev.millrace.trainer.net.Architecture;
import dev.millrace.trainer.observe.ImageInput;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.parity.ParityCheck;
import dev.millrace.trainer.parity.ParityReport;
import dev.millrace.trainer.quantize.QuantizeListener;
import dev.millrace.trainer.quantize.QuantizeOptions;
import dev.millrace.trainer.quantize.Quantizer;
import dev.millrace.trainer.torch.Compute;
import dev.millrace.trainer.weights.TrainedNet;
import dev.millrace.worker.model.ModelRefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes the model and the sample that are packed with Millrace: train, export, parity, quantize, evaluate in one go. */
@Command(
        name = "make-bundled",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Make the bundled Fashion-MNIST model and sample again: train, export, parity,",
            "quantize, evaluate. Nothing is written unless the model is good enough.",
            "Goes on where an earlier call was stopped."
        },
        footerHeading = "%nExample:%n",
        footer = {
            "  millrace make-bundled --run runs/bundled \\",
            "      --out trainer/src/main/resources/bundled/fashion-mnist"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
public final class MakeBundledCommand implements Callable<Integer> {
    private static final String NAME = "fashion-mnist";
    private static final String COMMAND =
            "millrace make-bundled --run runs/bundled --out trainer/src/main/resources/bundled/fashion-mnist";
    private static final double LEAST_TOP1 = 0.92;
    private static final double MOST_LOST_TO_INT8 = 0.005;
    private static final long MOST_BYTES = 1_000_000;
    private static final int CALIBRATION_IMAGES = 512;

    @Option(names = "--run", paramLabel = "DIR", required = true, description = "folder of the training run")
    private Path run;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "folder to write to")
    private Path out;

    @Option(
            names = "--dataset",
            paramLabel = "SPEC",
            defaultValue = NAME,
            converter = DatasetSpecConverter.class,
            description = "fashion-mnist[:DIR] (default: ${DEFAULT-VALUE})")
    private DatasetSpec dataset;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1", description = "of PyTorch (default: 1)")
    private int threads;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Dataset data = dataset.load(WantedShape.OWN, DownloadProgress.onTerminal());
        TrainingRun training;
        try (StopSignal stop = new StopSignal();
                TrainingProgress progress = new TrainingProgress(
                        spec.commandLine().getErr(),
                        Terminal.isWatched(),
                        Recipe.STANDARD.epochs(),
                        Recipe.STANDARD.batch())) {
            training = new TrainingRun(
                    data,
                    Architecture.RESNET_MINI.network(
                            data.shape(), data.classes().size()),
                    TrainingPlan.fromScratch(Recipe.STANDARD),
                    Compute.fastest(threads),
                    run,
                    progress);
            if (training.run(stop).isEmpty()) {
                spec.commandLine().getErr().println("stopped; the same command goes on");
                return 1;
            }
        }
        ModelCard card = write(data, TrainedNet.load(run.resolve(TrainingRun.MODEL)));
        Files.writeString(out.resolve("MODEL_CARD.md"), card.markdown());
        Files.writeString(out.resolve("learning-curve.svg"), LearningCurve.svg(training.history()));
        spec.commandLine().getOut().println(card.markdown());
        return 0;
    }

    private ModelCard write(Dataset data, TrainedNet trained) throws IOException, ModelRefusedException {
        ModelProto fp32 = OnnxExport.export(trained, NAME);
        ParityReport parity = new ParityCheck(trained, threads)
                .compare(fp32.toByteArray(), data.images(Split.TEST), ParityCheck.TOLERANCE);
        require(parity.passed(), "parity", parity.maxDifference(), "at most " + parity.tolerance());
        Quantizer.Outcome outcome = new Quantizer(QuantizeOptions.DEFAULT, QuantizeListener.NONE)
                .quantize(
                        fp32,
                        ImageInput.of(fp32, OnnxFile.metadata(fp32)),
                        data.images(Split.TRAIN).first(CALIBRATION_IMAGES),
                        data.images(Split.VALIDATION),
                        true);
        ModelProto chosen = outcome.model();
        Evaluator test = new Evaluator(data.images(Split.TEST), data.classes());
        Evaluation ofFp32 = test.evaluate(fp32.toByteArray());
        Evaluation ofInt8 = test.evaluate(chosen.toByteArray());
        Map<String, String> metadata = OnnxFile.metadata(chosen);
        metadata.put(ModelMetadata.METRICS + "top1.test", String.format(Locale.ROOT, "%.4f", ofInt8.top1()));
        ModelProto int8 = OnnxFile.withMetadata(chosen, metadata);
        require(ofInt8.top1() >= LEAST_TOP1, "top-1", ofInt8.top1(), "at least " + LEAST_TOP1);
        require(
                ofFp32.top1() - ofInt8.top1() <= MOST_LOST_TO_INT8,
                "top-1 lost to int8",
                ofFp32.top1() - ofInt8.top1(),
                "at most " + MOST_LOST_TO_INT8);
        require(int8.getSerializedSize() < MOST_BYTES, "bytes", int8.getSerializedSize(), "below " + MOST_BYTES);
        BundledSample.write(data, out);
        OnnxFile.write(int8, out.resolve("model.int8.onnx"));
        return new ModelCard(metadata, parity, ofFp32, ofInt8.withBytes(int8.getSerializedSize()), COMMAND);
    }

    private static void require(boolean holds, String what, Number value, String expected) throws IOException {
        if (!holds) {
            throw new IOException("%s: %s (expected: %s); nothing was written".formatted(what, value, expected));
        }
    }
}
