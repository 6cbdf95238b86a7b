package dev.millrace.infra.demo;

import dev.millrace.infra.process.ChildFailedException;
import dev.millrace.infra.process.RunDirectory;
import dev.millrace.infra.process.Supervisor;
import dev.millrace.infra.source.DatasetSource;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.worker.lane.LaneSpec;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code demo}: the whole loop on this machine, from nothing to a table of figures, and nothing left behind. */
@Command(
        name = "demo",
        description = "Run the whole loop on this machine and show what it measured.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every image was answered OK (with --rollout or --drift: and all went as it should)",
            "1:one was not, or a process failed",
            "2:wrong usage",
            "130:stopped by Ctrl-C"
        },
        footerHeading = "%nStages of the summary, in milliseconds, of the images answered OK:%n",
        footer = {
            "  queue       from the request's making to a lane having its record",
            "  decode      from bytes to pixels",
            "  infer       waiting for the batch to fill, and the run of the batch",
            "  publish     from the lane's hand-over until this process has the result",
            "  end to end  all of it; at most " + DemoCommand.IN_FLIGHT + " images are under way at once",
            "",
            "Examples:",
            "  millrace demo",
            "  millrace demo --images 500 --json",
            "  millrace demo --workers 2 --lanes cpu:none --dataset fashion-mnist",
            "  millrace demo --rollout",
            "  millrace demo --drift",
            "  millrace demo --keep"
        })
public final class DemoCommand implements Callable<Integer> {
    /** Enough for full batches, few enough that the queue's time says something. */
    static final int IN_FLIGHT = 64;

    private static final int MOST_WORKERS = 64;
    private static final String BUNDLED = BundledModels.FASHION_MNIST;

    private static final DatasetSpec DRIFT_DATA = DatasetSpec.parse("fashion-mnist");

    /** Versions of the rollout's story, after the first. */
    private static final int BETTER = 2;

    private static final int WORSE = 3;

    private final String childMain;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli, as are the options.
    private CommandSpec command;

    @Option(
            names = "--images",
            paramLabel = "N",
            description = "Publish the first N images (default: all of the data set's test images).")
    private @Nullable Integer images;

    @Option(names = "--workers", paramLabel = "N", description = "Worker processes (default: 1, with --rollout 2).")
    private @Nullable Integer workers;

    @Option(
            names = "--lanes",
            paramLabel = "SPEC",
            description = "Lanes of each worker, as in 'millrace worker --lanes' (default: cpu:auto for one worker,"
                    + " cpu:none for several).")
    private @Nullable String lanes;

    @Option(
            names = "--dataset",
            paramLabel = "SPEC",
            defaultValue = "bundled:fashion-mnist",
            description = "bundled:fashion-mnist, fashion-mnist[:DIR], mnist[:DIR], cifar100[:DIR|ARCHIVE] or"
                    + " cifar10[:DIR|ARCHIVE] (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private String dataset;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            defaultValue = BundledModels.FASHION_MNIST,
            description = "ONNX file or bundled:NAME (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private String model;

    @Option(
            names = "--rollout",
            description =
                    "Show how versions come and go instead, under steady load: a better one is tried and promoted by"
                            + " the judge, a worse one rolled back, three that nobody may serve are refused. About a minute.")
    private boolean rollout;

    @Option(
            names = "--drift",
            description = "Show how a model is retrained from the stream instead: images are inverted, the trainer sees"
                    + " that answers drift, retrains from labels, and the judge promotes. Takes fashion-mnist, which"
                    + " is downloaded where it is not there. Five to six minutes.")
    private boolean drift;

    @Option(names = "--keep", description = "Stay up until Ctrl-C, and print the addresses.")
    private boolean keep;

    @Option(names = "--json", description = "Print one JSON object at the end, nothing else, on stdout.")
    private boolean json;

    /** @param childMain main class that runs a {@code millrace} command line as a supervised child */
    public DemoCommand(String childMain) {
        this.childMain = childMain;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        DatasetSpec spec = check();
        PrintWriter err = command.commandLine().getErr();
        RunDirectory directory = RunDirectory.create(Path.of(System.getProperty("java.io.tmpdir")), "millrace-demo-");
        try (Supervisor supervisor = Supervisor.of(directory)) {
            try {
                if (drift) {
                    return drift(new DriftDemo(supervisor, directory, childMain, narrator()), spec);
                }
                return rollout
                        ? rollOut(new RolloutDemo(supervisor, directory, childMain, narrator()), spec)
                        : run(new Demo(supervisor, directory, childMain, narrator()), spec);
            } catch (ChildFailedException | DemoException | IOException | RuntimeException e) {
                if (supervisor.isClosing()) {
                    // Ctrl-C: what fails while everything stops is no news, and the JVM's exit code is the signal's.
                    return 130;
                }
                supervisor.markFailed();
                explain(e, directory, err);
                return ExitCode.SOFTWARE;
            }
        }
    }

    private int run(Demo demo, DatasetSpec spec)
            throws IOException, InterruptedException, ChildFailedException, DemoException {
        PrintWriter out = command.commandLine().getOut();
        demo.start(processes());
        DatasetSource all = DatasetSource.load(spec);
        demo.serve(BundledModels.read(model));
        DemoReport report = demo.classify(images == null ? all : all.first(images), IN_FLIGHT);
        if (json) {
            out.println(JsonReport.of(report));
            out.flush();
        } else {
            new TextReport(out).print(report);
        }
        if (keep) {
            demo.stayUp();
        }
        return report.allOk() ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private int rollOut(RolloutDemo demo, DatasetSpec spec)
            throws IOException, InterruptedException, ChildFailedException, DemoException {
        RolloutReport report = demo.run(
                processes(),
                DatasetSource.load(spec),
                BundledModels.read(BundledModels.FASHION_MNIST_EARLY),
                BundledModels.read(BundledModels.FASHION_MNIST));
        PrintWriter out = command.commandLine().getOut();
        if (json) {
            out.println(report.json());
            out.flush();
        } else {
            out.println();
            report.print(out);
        }
        return report.good(BETTER, WORSE) ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private int drift(DriftDemo demo, DatasetSpec spec)
            throws IOException, InterruptedException, ChildFailedException, DemoException {
        DriftReport report = demo.run(processes(), dataset.equals(BUNDLED) ? DRIFT_DATA : spec);
        PrintWriter out = command.commandLine().getOut();
        if (json) {
            out.println(report.json());
            out.flush();
        } else {
            out.println();
            report.print(out);
        }
        return report.good() ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private DatasetSpec check() {
        try {
            if (drift && (rollout || images != null || keep || !model.equals(BUNDLED))) {
                throw new IllegalArgumentException(
                        "--drift: with --rollout, --images, --model or --keep (expected: without, it trains its own)");
            }
            if (rollout && (images != null || keep || !dataset.equals(BUNDLED) || !model.equals(BUNDLED))) {
                throw new IllegalArgumentException(
                        "--rollout: with --images, --dataset, --model or --keep (expected: without, it brings its own)");
            }
            if (images != null && images < 1) {
                throw new IllegalArgumentException("--images: " + images + " (expected: 1 or more)");
            }
            if (workers != null && (workers < 1 || workers > MOST_WORKERS)) {
                throw new IllegalArgumentException("--workers: " + workers + " (expected: 1 to " + MOST_WORKERS + ")");
            }
            if (lanes != null) {
                var unused = LaneSpec.parse(lanes);
            }
            return DatasetSpec.parse(dataset);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), e.getMessage(), e);
        }
    }

    /** Several workers on one machine would all pin their lanes to the same CPUs. */
    private Demo.Processes processes() {
        int count = workers == null ? (rollout ? 2 : 1) : workers;
        return new Demo.Processes(count, lanes == null && count > 1 ? "cpu:none" : lanes);
    }

    private PrintWriter narrator() {
        return json ? command.commandLine().getErr() : command.commandLine().getOut();
    }

    private static void explain(Exception e, RunDirectory directory, PrintWriter err) {
        err.println();
        String message = e.getMessage();
        err.println("demo: " + (message == null ? e.toString() : message));
        if (e instanceof ChildFailedException child) {
            child.lastLines().forEach(line -> err.println("  | " + line));
        }
        err.println("All logs: " + directory.logs());
        err.flush();
    }
}
