package dev.millrace.bench;

import dev.millrace.bench.faults.FaultsCommand;
import dev.millrace.bench.limit.LimitCommand;
import dev.millrace.bench.load.LoadCommand;
import dev.millrace.bench.peers.PeersCommand;
import dev.millrace.bench.report.ReportCommand;
import dev.millrace.bench.scale.ScaleCommand;
import dev.millrace.bench.soak.SoakCommand;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace bench}: runs the micro benchmarks (JMH). */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        subcommands = {
            LimitCommand.class,
            LoadCommand.class,
            ScaleCommand.class,
            PeersCommand.class,
            FaultsCommand.class,
            SoakCommand.class,
            AllCommand.class,
            ReportCommand.class
        },
        description = "Measure the pieces of a lane on this machine (JMH).",
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace bench",
            "  millrace bench --quick Predictor",
            "  millrace bench --out results.json WireCodec",
            "  millrace bench --alloc LaneAllocation",
            "  millrace bench limit --quick",
            "  millrace bench load --quick",
            "  millrace bench scale --quick",
            "  millrace bench peers --quick",
            "  millrace bench faults --quick",
            "  millrace bench soak --minutes 20",
            "  millrace bench all --quick",
            "",
            "Every group has a baseline: read the figures as ratios to it."
        })
public final class Bench implements Callable<Integer> {
    @Parameters(arity = "0..*", paramLabel = "REGEX", description = "Benchmarks to run, by name. Default: all.")
    private String[] include = {};

    @Option(names = "--quick", description = "One fork and short rounds: proves that it runs, no more.")
    private boolean quick;

    @Option(names = "--alloc", description = "Also measure bytes allocated per operation (gc.alloc.rate.norm).")
    private boolean allocation;

    @Option(names = "--out", paramLabel = "FILE", description = "Also write JMH's JSON here.")
    private @Nullable Path out;

    private Bench() {}

    @Override
    public Integer call() throws RunnerException {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .forks(quick ? 1 : 5)
                .warmupIterations(quick ? 1 : 3)
                .measurementIterations(quick ? 1 : 3)
                .warmupTime(TimeValue.milliseconds(quick ? 200 : 1000))
                .measurementTime(TimeValue.milliseconds(quick ? 200 : 1000))
                .shouldFailOnError(true)
                .jvmArgsAppend("-XX:+UseSerialGC");
        for (String regex : include) {
            options.include(regex);
        }
        if (allocation) {
            options.addProfiler(GCProfiler.class);
        }
        if (out != null) {
            options.resultFormat(ResultFormatType.JSON).result(out.toString());
        }
        return new Runner(options.build()).run().isEmpty() ? 1 : 0;
    }

    /** Runs the command; exit code 0 when every benchmark ran. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Bench()).execute(args));
    }
}
