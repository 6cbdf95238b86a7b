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
import dev.millrace.worker.model.ModelProperties;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.model.Task;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code infer MODEL IMAGE...}: what a model says of image files, and times, without Kafka, in one thread. */
@Command(
        name = "infer",
        description = {
            "Ask a model about image files, without Kafka, in one thread: what they show, or what is on them and where.",
            "Models of Millrace's own, exports of Ultralytics and some public detectors say how they are used; of any other"
                    + " say it with --property or --describe (worker/README.md, Tasks)."
        },
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = false,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:all images answered", "1:the model or an image could not be used", "2:wrong usage"},
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace infer bundled:fashion-mnist boot.png",
            "  millrace infer --top 3 --json model.onnx a.png b.jpg",
            "  millrace infer fastestdet.onnx street.jpg --draw found.png",
            "  millrace infer yolov8n.onnx a.jpg b.jpg --draw found/ \\",
            "      --property head.threshold=0.5",
            "  millrace infer ssd.onnx street.jpg --property task=detection \\",
            "      --property 'labels=[\"person\",\"car\"]' --property input.mean=127 \\",
            "      --property input.scale=0.0078125 --property input.resize=stretch \\",
            "      --property head.decoding=boxes --property head.background=first",
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
            description = "PNG or JPEG file, of the model's size unless the model says how others are fitted.")
    @SuppressWarnings("NullAway.Init")
    private List<Path> images;

    @Option(
            names = "--top",
            paramLabel = "K",
            defaultValue = "1",
            description = "Labels per image (default: 1); of a detector, from 2 on, the K best boxes, too.")
    private int top;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "cpu:none",
            description = "cpu:N (pinned), cpu:none or cuda:N (default: cpu:none).")
    @SuppressWarnings("NullAway.Init")
    private String device;

    @Option(
            names = "--draw",
            paramLabel = "OUT",
            description =
                    "Draw a detector's boxes, or a segmenter's map: a PNG file, or of several images a folder of them.")
    private @Nullable Path draw;

    @Option(
            names = "--property",
            paramLabel = "KEY=VALUE",
            description = "What the file does not say of its use, or says otherwise; may be repeated.")
    private List<String> properties = List.of();

    @Option(names = "--describe", paramLabel = "FILE", description = "The same, a KEY=VALUE on each line.")
    private @Nullable Path description;

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
        Map<String, String> said = said();
        try {
            byte[] onnx = models.read(model);
            // Pinned last: threads that ONNX Runtime starts would inherit the mask.
            try (Predictor predictor = Predictor.load(onnx, ModelSpec.describe(onnx, said), options);
                    CpuPin pin = pinned(options.device().device())) {
                return answer(predictor);
            }
        } catch (IOException | InvalidPathException e) {
            return failed("model: " + model + ": " + explain(e));
        } catch (ModelRefusedException e) {
            return failed(model + ": " + e.getMessage());
        }
    }

    private int answer(Predictor predictor) {
        if (draw != null
                && predictor.spec().task() != Task.DETECTION
                && predictor.spec().task() != Task.SEGMENTATION) {
            return failed("--draw: " + model + " is for "
                    + predictor.spec().task().word() + " (expected: a detector or segmenter)");
        }
        InferReport report = json
                ? new JsonInferReport(command.commandLine().getOut(), predictor)
                : new TextInferReport(
                        command.commandLine().getOut(), command.commandLine().getErr(), predictor, top);
        FoundPictures pictures = draw == null ? null : new FoundPictures(draw, images.size() > 1);
        boolean allDone = true;
        for (Path image : images) {
            allDone &= answer(predictor, image, report, pictures);
        }
        report.end();
        return allDone ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private Map<String, String> said() {
        try {
            return ModelProperties.said(description, properties);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), explain(e), e);
        } catch (IOException e) {
            throw new ParameterException(command.commandLine(), "--describe: " + description + ": " + explain(e), e);
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

    private static boolean answer(
            Predictor predictor, Path image, InferReport report, @Nullable FoundPictures pictures) {
        try {
            EncodedImage encoded = read(image);
            Prediction prediction = predictor.predict(encoded);
            report.answered(image, prediction);
            if (pictures != null) {
                pictures.write(image, encoded, prediction.answer());
            }
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
