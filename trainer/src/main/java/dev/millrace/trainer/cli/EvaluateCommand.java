package dev.millrace.trainer.cli;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.coco.CocoDataset;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.evaluate.ClassReport;
import dev.millrace.trainer.evaluate.ConfusedPair;
import dev.millrace.trainer.evaluate.ConfusionPicture;
import dev.millrace.trainer.evaluate.DetectionEvaluation;
import dev.millrace.trainer.evaluate.DetectionEvaluator;
import dev.millrace.trainer.evaluate.Evaluation;
import dev.millrace.trainer.evaluate.EvaluationOptions;
import dev.millrace.trainer.evaluate.Evaluator;
import dev.millrace.trainer.evaluate.FlipAverage;
import dev.millrace.trainer.evaluate.Metrics;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.onnx.PixelInput;
import dev.millrace.worker.model.ModelProperties;
import dev.millrace.worker.model.ModelRefusedException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures a model file on a data set. */
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Measure a model on labelled images, by the code that serves it: top-1, top-5,",
            "precision, recall and F-beta per class, the classes it takes for one another,",
            "images per second in one thread. Of a detector, on pictures with boxes: mAP,",
            "precision and recall by size and class, missed objects, false alarms."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace evaluate bundled:fashion-mnist --dataset bundled:fashion-mnist",
            "  millrace evaluate fashion.int8.onnx --compare fashion.fp32.onnx \\",
            "      --dataset fashion-mnist --split test --json",
            "  millrace evaluate bundled:fashion-mnist --dataset bundled:fashion-mnist \\",
            "      --metrics metrics.yaml --confusion confusion.png --flip",
            "  millrace evaluate fastestdet.onnx --dataset coco:coco --split validation",
            "",
            "coco:DIR has annotations/instances_*.json or annotations.json, and the pictures",
            "in DIR or DIR/images. Of a picture with an Exif orientation, width and height",
            "tell whether boxes are on it as it is stored or as it is shown.",
            "",
            "A metrics file: the beta of F-beta, and how much each class weighs in the",
            "weighted mean. Classes that are not named weigh 1; without any weights each",
            "class weighs as many images, or objects, as it has.",
            "",
            "  beta: 2",
            "  weights:",
            "    Shirt: 3",
            "    Bag: 0"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
public final class EvaluateCommand implements Callable<Integer> {
    private static final int BATCH = EvaluationOptions.DEFAULT.batch();

    @Parameters(paramLabel = "MODEL", description = BundledModels.FORMS)
    private String model;

    @Mixin
    private SplitOptions on;

    @Option(names = "--compare", paramLabel = "MODEL", description = "show a second model beside it, such as fp32")
    private @Nullable String other;

    @Option(names = "--metrics", paramLabel = "FILE", description = "beta and class weights, see below (default: F1)")
    private @Nullable Path metrics;

    @Option(
            names = "--confusion",
            paramLabel = "FILE",
            description = "draw the confusion matrix of MODEL, as .svg or .png")
    private @Nullable Path confusion;

    @Option(
            names = "--flip",
            description = "also show, apart, what the mean of the logits of an image and its mirror image gives")
    private boolean flip;

    @Mixin
    private PixelInputOptions input;

    @Option(
            names = "--property",
            paramLabel = "KEY=VALUE",
            description = "of a detector: what the file does not say of its use, or says otherwise; may be repeated")
    private List<String> properties = List.of();

    @Option(names = "--describe", paramLabel = "FILE", description = "the same, a KEY=VALUE on each line")
    private @Nullable Path description;

    @Option(names = "--json", description = "print one JSON object, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (confusion != null) {
            ConfusionPicture.requireKnownKind(confusion);
        }
        Metrics measured = metrics == null ? Metrics.DEFAULT : Metrics.read(metrics);
        Path boxes = on.dataset.folderOfBoxes();
        return boxes == null ? evaluateLabels(measured) : evaluateBoxes(on.boxes(boxes), measured);
    }

    private int evaluateBoxes(CocoDataset data, Metrics measured) throws IOException, ModelRefusedException {
        if (flip || confusion != null || !input.value().equals(PixelInput.AS_THE_MODEL_SAYS)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--flip, --confusion, --mean, --scale, --channels: given (expected: not with coco:DIR;"
                            + " how pixels go in, say with --property input.mean=...)");
        }
        Map<String, String> said = ModelProperties.said(description, properties);
        byte[] onnx = BundledModels.read(model);
        byte @Nullable [] otherOnnx = other == null ? null : BundledModels.read(other);
        DetectionEvaluation evaluation = evaluate(onnx, data, measured, said, model);
        DetectionEvaluation compared =
                otherOnnx == null || other == null ? null : evaluate(otherOnnx, data, measured, said, other);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonLine.of(new BoxesAnswer(evaluation, compared)));
        } else {
            DetectionTable.print(compared == null ? List.of(evaluation) : List.of(evaluation, compared), out);
        }
        return 0;
    }

    private static DetectionEvaluation evaluate(
            byte[] onnx, CocoDataset data, Metrics measured, Map<String, String> said, String name)
            throws IOException, ModelRefusedException {
        try (ImageProgress progress = new ImageProgress(name, data.pictures().size())) {
            return new DetectionEvaluator(data, measured, said, progress).evaluate(onnx);
        }
    }

    private int evaluateLabels(Metrics measured) throws IOException, ModelRefusedException {
        if (!properties.isEmpty() || description != null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--property, --describe: given (expected: only with coco:DIR; of a classifier say --mean and"
                            + " --scale)");
        }
        EvaluationOptions options = new EvaluationOptions(measured, input.value(), flip, BATCH);
        byte[] onnx = BundledModels.read(model);
        Evaluator.requireNoDetector(onnx);
        ModelProto parsed = OnnxFile.parse(onnx, model);
        options.input().requireAgreement(parsed);
        byte @Nullable [] otherOnnx = other == null ? null : BundledModels.read(other);
        Dataset data = ModelImages.load(on.dataset, parsed, options.input());
        LabelledImages images = on.images(data);
        Evaluation evaluation = evaluate(onnx, data, images, options, model);
        Evaluation compared =
                otherOnnx == null || other == null ? null : evaluate(otherOnnx, data, images, options, other);
        if (confusion != null) {
            ConfusionPicture.write(evaluation, confusion);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonLine.of(new Answer(evaluation, compared)));
        } else {
            print(evaluation, compared, out);
        }
        return 0;
    }

    private static Evaluation evaluate(
            byte[] onnx, Dataset data, LabelledImages images, EvaluationOptions options, String name)
            throws IOException, ModelRefusedException {
        try (ImageProgress progress = new ImageProgress(name, images.size())) {
            return new Evaluator(images, data.classes(), options, progress).evaluate(onnx);
        }
    }

    private static void print(Evaluation evaluation, @Nullable Evaluation compared, PrintWriter out) {
        List<Evaluation> columns = compared == null ? List.of(evaluation) : List.of(evaluation, compared);
        double beta = evaluation.fbeta().beta();
        out.printf("%-26s", evaluation.model());
        columns.forEach(column -> out.printf("%16s", column.precision()));
        out.println();
        row(out, "images", "%,16d", columns, Evaluation::images);
        row(out, "top-1 %", "%16.2f", columns, e -> 100 * e.top1());
        row(out, "top-5 %", "%16.2f", columns, e -> 100 * e.top5());
        row(out, name("macro F", beta), "%16.2f", columns, e -> 100 * e.fbeta().macro());
        row(
                out,
                name("weighted F", beta),
                "%16.2f",
                columns,
                e -> 100 * e.fbeta().weighted());
        row(out, "images/s, one thread", "%,16.0f", columns, Evaluation::imagesPerSecond);
        row(out, "p99 ms per image", "%16.2f", columns, Evaluation::p99Ms);
        row(out, "bytes", "%,16d", columns, Evaluation::bytes);
        if (evaluation.flip() != null) {
            out.printf("%nwith test-time flip, which no worker does%n");
            row(out, "top-1 %", "%16.2f", columns, e -> 100 * flip(e).top1());
            row(out, "top-5 %", "%16.2f", columns, e -> 100 * flip(e).top5());
        }
        out.printf("%n%-26s%10s%13s%10s%12s%n", "class", "images", "precision %", "recall %", name("F", beta));
        for (ClassReport report : evaluation.classes()) {
            out.printf(
                    Locale.ROOT,
                    "%-26s%10d%13.2f%10.2f%12.2f%n",
                    report.label(),
                    report.images(),
                    100 * report.precision(),
                    100 * report.recall(),
                    100 * report.fbeta());
        }
        if (!evaluation.mostConfused().isEmpty()) {
            out.printf("%n%-26s%-26s%10s%17s%n", "most confused", "answered as", "images", "% of the class");
        }
        for (ConfusedPair pair : evaluation.mostConfused()) {
            out.printf(
                    Locale.ROOT,
                    "%-26s%-26s%10d%17.1f%n",
                    pair.truth(),
                    pair.answer(),
                    pair.images(),
                    100 * pair.share());
        }
    }

    private static FlipAverage flip(Evaluation evaluation) {
        return Objects.requireNonNull(evaluation.flip());
    }

    /** Such as {@code F2 %}. */
    static String name(String what, double beta) {
        return what + (beta == Math.rint(beta) ? String.valueOf((long) beta) : String.valueOf(beta)) + " %";
    }

    private static void row(
            PrintWriter out,
            String name,
            String format,
            List<Evaluation> columns,
            Function<Evaluation, ? extends Number> figure) {
        out.printf("%-26s", name);
        columns.forEach(column -> out.printf(Locale.ROOT, format, figure.apply(column)));
        out.println();
    }

    /** The figures of the model on top, those of the one it is compared with below {@code compare}. */
    record Answer(
            @JsonUnwrapped Evaluation evaluation,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Evaluation compare) {}

    /** As {@link Answer}, of detectors. */
    record BoxesAnswer(
            @JsonUnwrapped DetectionEvaluation evaluation,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            DetectionEvaluation compare) {}
}
