package dev.millrace.worker.cli;

import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.infer.Prediction;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.infer.PredictorOptions;
import dev.millrace.worker.model.CpuPin;
import dev.millrace.worker.model.Device;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.InferenceFailedException;
import dev.millrace.worker.model.ModelRefusedException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code infer MODEL IMAGE...}: labels, scores and times of image files, without Kafka, in one thread. */
@Command(
        name = "infer",
        description = "Classify image files with a model, without Kafka, in one thread.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = false,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:all images classified", "1:the model or an image could not be used", "2:wrong usage"},
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace infer bundled:fashion-mnist boot.png",
            "  millrace infer --top 3 --json model.onnx a.png b.jpg",
        })
public final class InferCommand implements Callable<Integer> {

    private final ModelSource models;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec command;

    @Parameters(index = "0", paramLabel = "MODEL", description = "ONNX file, or bundled:NAME.")
    @SuppressWarnings("NullAway.Init")
    private String model;

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "IMAGE",
            description = "PNG or JPEG file of the model's size.")
    @SuppressWarnings("NullAway.Init")
    private List<Path> images;

    @Option(names = "--top", paramLabel = "K", defaultValue = "1", description = "Labels per image (default: 1).")
    private int top;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "cpu:none",
            description = "cpu:N (pinned), cpu:none or cuda:N (default: cpu:none).")
    @SuppressWarnings("NullAway.Init")
    private String device;

    @Option(names = "--json", description = "Print one JSON object, nothing else, on stdout.")
    private boolean json;

    /** @param models finds what MODEL names */
    public InferCommand(ModelSource models) {
        this.models = models;
    }

    /** With MODEL a file. */
    public InferCommand() {
        this(ModelSource.FILES);
    }

    @Override
    @SuppressWarnings("try") // The pin is only held.
    public Integer call() {
        PredictorOptions options = options();
        // Pinned last: threads that ONNX Runtime starts would inherit the mask.
        try (Predictor predictor = Predictor.load(models.read(model), options);
                CpuPin pin = pinned(options.device().device())) {
            InferReport report = json
                    ? new JsonInferReport(command.commandLine().getOut(), predictor)
                    : new TextInferReport(
                            command.commandLine().getOut(),
                            command.commandLine().getErr(),
                            predictor);
            boolean allDone = true;
            for (Path image : images) {
                allDone &= classify(predictor, image, report);
            }
            report.end();
            return allDone ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        } catch (IOException | InvalidPathException e) {
            return failed("model: " + model + ": " + explain(e));
        } catch (ModelRefusedException e) {
            return failed(model + ": " + e.getMessage());
        }
    }

    private PredictorOptions options() {
        try {
            DeviceRequest request = DeviceRequest.require(Device.parse(device));
            return PredictorOptions.DEFAULT.withDevice(request).withMaxBatch(1).withTopK(top);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), explain(e), e);
        }
    }

    private CpuPin pinned(Device wanted) {
        try {
            return CpuPin.to(wanted);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), explain(e), e);
        }
    }

    private static boolean classify(Predictor predictor, Path image, InferReport report) {
        try {
            Prediction prediction = predictor.predict(read(image));
            report.classified(image, prediction);
            return true;
        } catch (ImageRejectedException e) {
            report.failed(image, e.reason().name(), explain(e));
        } catch (InferenceFailedException e) {
            report.failed(image, "INFERENCE_FAILED", explain(e));
        } catch (IOException e) {
            report.failed(image, "UNREADABLE", explain(e));
        }
        return false;
    }

    private static EncodedImage read(Path image) throws IOException, ImageRejectedException {
        if (Files.isDirectory(image)) {
            throw new IOException("is a folder (expected: a file)");
        }
        return EncodedImage.ofFile(image);
    }

    private int failed(String message) {
        command.commandLine().getErr().println(message);
        return CommandLine.ExitCode.SOFTWARE;
    }

    /** The JDK's file exceptions say only the path. */
    private static String explain(Exception e) {
        if (e instanceof NoSuchFileException) {
            return "no such file";
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        return String.valueOf(e.getMessage());
    }
}
