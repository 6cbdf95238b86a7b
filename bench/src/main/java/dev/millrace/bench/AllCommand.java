package dev.millrace.bench;

import dev.millrace.bench.faults.FaultsCommand;
import dev.millrace.bench.limit.LimitCommand;
import dev.millrace.bench.load.LoadCommand;
import dev.millrace.bench.report.ReportCommand;
import dev.millrace.bench.scale.ScaleCommand;
import dev.millrace.trainer.cli.FailureMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace bench all}: every measurement, its results in a folder, and the page. */
@Command(
        name = "all",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Run limit, load, scale and faults one after the other, as they run by themselves, write what each"
                        + " found into a folder, and make the page with plots.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace bench all --quick",
            "  millrace bench all --results bench/results",
            "",
            "Takes hours, --quick minutes. Leave the machine alone meanwhile. Exit code 1:",
            "one of them failed; the others ran all the same."
        })
public final class AllCommand implements Callable<Integer> {
    @Option(
            names = "--results",
            paramLabel = "DIR",
            description = "Where the results go. Default: bench/results, with --quick bench/results/quick.")
    private @Nullable Path results;

    @Option(names = "--seed", paramLabel = "N", description = "Repeats the orders and random choices of a run.")
    private @Nullable Long seed;

    @Option(names = "--quick", description = "As --quick of each: proves that they run, no more.")
    private boolean quick;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before call().
    private CommandSpec spec;

    /** Made by picocli. */
    public AllCommand() {}

    @Override
    public Integer call() throws IOException {
        Map<String, Supplier<Callable<Integer>>> measurements = new LinkedHashMap<>();
        measurements.put("limit", LimitCommand::new);
        measurements.put("load", LoadCommand::new);
        measurements.put("scale", ScaleCommand::new);
        measurements.put("faults", FaultsCommand::new);
        Path folder = folder();
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            spec.commandLine().getErr().println("--results: " + FailureMessage.of(e));
            return 1;
        }
        int worst = 0;
        for (Map.Entry<String, Supplier<Callable<Integer>>> measurement : measurements.entrySet()) {
            Path file = folder.resolve(measurement.getKey() + ".json");
            // Where this one fails, the page must not show another day's.
            Files.deleteIfExists(file);
            List<String> arguments = new ArrayList<>(List.of("--out", file.toString()));
            if (quick) {
                arguments.add("--quick");
            }
            if (seed != null) {
                arguments.addAll(List.of("--seed", seed.toString()));
            }
            spec.commandLine().getOut().println("== " + measurement.getKey());
            worst = Math.max(worst, run(measurement.getValue().get(), arguments));
        }
        return Math.max(worst, run(new ReportCommand(), List.of("--results", folder.toString())));
    }

    private Path folder() {
        if (results != null) {
            return results;
        }
        return quick ? Path.of("bench", "results", "quick") : Path.of("bench", "results");
    }

    private int run(Callable<Integer> command, List<String> arguments) {
        return new CommandLine(command)
                .setOut(spec.commandLine().getOut())
                .setErr(spec.commandLine().getErr())
                .execute(arguments.toArray(String[]::new));
    }
}
