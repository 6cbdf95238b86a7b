package dev.millrace.bench.soak;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.bench.process.ChildrenEnd;
import dev.millrace.bench.terminal.ModeConverter;
import dev.millrace.bench.terminal.ProgressLine;
import dev.millrace.worker.delivery.DeliveryMode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace bench soak}: a long steady load, and whether anything grows. */
@Command(
        name = "soak",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Keep two workers under a steady load, publish new model versions meanwhile, and watch the"
                + " memory, file descriptors and threads of every process.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace bench soak",
            "  millrace bench soak --minutes 3 --mode exactly-once --swap 20",
            "  millrace bench soak --minutes 480 --per-second 200 --out soak",
            "",
            "The first fifth of the time is warm-up, or 3 minutes where that is longer, but",
            "never more than half. Then medians of the first and of the last fifth of the",
            "rest are compared; \"per hour\" is the slope of the least-squares line through all",
            "of it. The load pauses for a moment every 30 s, when what was answered is",
            "checked and forgotten.",
            "",
            "Needs Linux. Exit code 1: something was lost or answered twice, an invariant of",
            "`millrace bench faults` did not hold, or a worker grew by more than 16 MiB of",
            "RSS, 8 MiB of heap that is live after a full collection, 2 descriptors or 2",
            "threads. The workers' heaps are resident from the start (256 MiB), so the 16 MiB",
            "are for what compilers and malloc take late. Of the broker, only descriptors",
            "and threads are judged; of the bench itself, nothing."
        })
public final class SoakCommand implements Callable<Integer> {
    @Option(names = "--minutes", paramLabel = "N", description = "How long, warm-up included. Default: 20.")
    private double minutes = 20;

    @Option(
            names = "--mode",
            paramLabel = "M",
            converter = ModeConverter.class,
            description = "at-least-once, exactly-once or queue. Default: at-least-once.")
    private DeliveryMode mode = DeliveryMode.AT_LEAST_ONCE;

    @Option(names = "--per-second", paramLabel = "N", description = "Requests in a second. Default: 100.")
    private int perSecond = 100;

    @Option(names = "--swap", paramLabel = "SECONDS", description = "Time between two new model versions. Default: 60.")
    private int swapSeconds = 60;

    @Option(names = "--seed", paramLabel = "N", description = "Repeats a soak's random choices.")
    private @Nullable Long seed;

    @Option(names = "--json", description = "Print one JSON object instead of the table.")
    private boolean json;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Where soak.svg and soak.json go. Default: a new folder for temporary files.")
    private @Nullable Path out;

    @Option(names = "--keep", description = "Keep the logs even where all went well.")
    private boolean keep;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before call().
    private CommandSpec spec;

    /** Made by picocli, or by the command that has this one as a subcommand. */
    public SoakCommand() {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        SoakPlan plan = plan();
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        Path folder = out == null ? Files.createTempDirectory(temporary, "millrace-soak-report-") : out;
        Files.createDirectories(folder);
        ProgressLine line = new ProgressLine("soak", plan.length().toSeconds());
        Soak soak = Soak.prepare(temporary, plan, line);
        SoakReport report = ChildrenEnd.withThisProcess(() -> {
            try (soak) {
                return soak.run();
            }
        });
        return report(report, soak, folder);
    }

    private SoakPlan plan() {
        if (!(minutes >= 0.1 && minutes <= 10_000)) {
            throw new ParameterException(spec.commandLine(), "--minutes: " + minutes + " (expected: 0.1 to 10000)");
        }
        return new SoakPlan(
                mode,
                Duration.ofSeconds(Math.round(minutes * 60)),
                atLeastOne("--per-second", perSecond),
                Duration.ofSeconds(atLeastOne("--swap", swapSeconds)),
                seed == null ? new Random().nextInt(1_000_000) : seed);
    }

    private int atLeastOne(String option, int value) {
        if (value < 1) {
            throw new ParameterException(spec.commandLine(), option + ": " + value + " (expected: 1 or more)");
        }
        return value;
    }

    private int report(SoakReport report, Soak soak, Path folder) throws IOException {
        PrintWriter print = spec.commandLine().getOut();
        String text = new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(report);
        Path chart = folder.resolve("soak.svg");
        Files.writeString(chart, SoakChart.svg(report));
        Files.writeString(folder.resolve("soak.json"), text + "\n");
        if (json) {
            print.println(text);
            print.flush();
        } else {
            SoakTable.print(report, print);
        }
        PrintWriter err = spec.commandLine().getErr();
        report.failures().forEach(err::println);
        err.println("chart: " + chart);
        if (report.failures().isEmpty() && !keep) {
            soak.deleteFolder();
        } else {
            err.println("logs: " + soak.folder());
        }
        err.flush();
        return report.failures().isEmpty() ? 0 : 1;
    }
}
