package dev.millrace.trainer.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.Split;
import dev.millrace.trainer.dataset.WantedShape;
import dev.millrace.trainer.evaluate.ClassReport;
import dev.millrace.trainer.evaluate.Evaluation;
import dev.millrace.trainer.evaluate.Evaluator;
import dev.millrace.worker.model.ModelSpec;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
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
            "precision and recall per class, images per second in one thread."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace evaluate bundled:fashion-mnist --dataset bundled:fashion-mnist",
            "  millrace evaluate fashion.int8.onnx --compare fashion.fp32.onnx \\",
            "      --dataset fashion-mnist --split test --json"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
public final class EvaluateCommand implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL", description = "an ONNX file or bundled:fashion-mnist")
    private String model;

    @Option(
            names = "--dataset",
            paramLabel = "SPEC",
            required = true,
            converter = DatasetSpecConverter.class,
            description = DatasetSpecConverter.HELP)
    private DatasetSpec dataset;

    @Option(
            names = "--split",
            defaultValue = "test",
            converter = SplitConverter.class,
            description = "train, validation or test (default: ${DEFAULT-VALUE})")
    private Split split;

    @Option(names = "--compare", paramLabel = "MODEL", description = "show a second model beside it, such as fp32")
    private @Nullable String other;

    @Option(names = "--json", description = "print one JSON object, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        byte[] onnx = BundledModels.read(model);
        byte @Nullable [] otherOnnx = other == null ? null : BundledModels.read(other);
        ModelSpec described = ModelSpec.describe(onnx);
        ImageShape input = ImageShape.of(described.pixels());
        Dataset data = dataset.load(WantedShape.exactly(input), DownloadProgress.onTerminal())
                .labelledAs(described.labels());
        Evaluator evaluator = new Evaluator(data.images(split), data.classes());
        Evaluation evaluation = evaluator.evaluate(onnx);
        Evaluation compared = otherOnnx == null ? null : evaluator.evaluate(otherOnnx);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonLine.of(new Answer(evaluation, compared)));
        } else {
            print(evaluation, compared, out);
        }
        return 0;
    }

    private static void print(Evaluation evaluation, @Nullable Evaluation compared, PrintWriter out) {
        List<Evaluation> columns = new ArrayList<>(List.of(evaluation));
        if (compared != null) {
            columns.add(compared);
        }
        out.printf("%-22s", evaluation.model());
        columns.forEach(column -> out.printf("%16s", column.precision()));
        row(out, "%nimages", "%,16d", columns.stream().map(Evaluation::images).toList());
        row(
                out,
                "%ntop-1 %%",
                "%16.2f",
                columns.stream().map(e -> 100 * e.top1()).toList());
        row(
                out,
                "%ntop-5 %%",
                "%16.2f",
                columns.stream().map(e -> 100 * e.top5()).toList());
        row(
                out,
                "%nimages/s, one thread",
                "%,16.0f",
                columns.stream().map(Evaluation::imagesPerSecond).toList());
        row(out, "%nbytes", "%,16d", columns.stream().map(Evaluation::bytes).toList());
        out.printf("%n%n%-22s%16s%16s%16s%n", "class", "images", "precision %", "recall %");
        for (ClassReport report : evaluation.classes()) {
            out.printf(
                    Locale.ROOT,
                    "%-22s%16d%16.2f%16.2f%n",
                    report.label(),
                    report.images(),
                    100 * report.precision(),
                    100 * report.recall());
        }
    }

    private static void row(PrintWriter out, String name, String format, List<? extends Number> values) {
        String title = String.format(name);
        out.print(title + " ".repeat(Math.max(0, 22 - title.strip().length())));
        values.forEach(value -> out.printf(Locale.ROOT, format, value));
    }

    /** The figures of the model on top, those of the one it is compared with below {@code compare}. */
    record Answer(
            @JsonUnwrapped Evaluation evaluation,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Evaluation compare) {}
}
