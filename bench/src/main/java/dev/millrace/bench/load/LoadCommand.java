package dev.millrace.bench.load;

import dev.millrace.bench.bed.OpenLoop;
import dev.millrace.bench.bed.Setup;
import dev.millrace.bench.bed.SetupOptions;
import dev.millrace.bench.bed.WorkerBed;
import dev.millrace.bench.bed.WorkerUnderTest;
import dev.millrace.bench.load.LoadReport.Row;
import dev.millrace.bench.measure.Environment;
import dev.millrace.bench.measure.RoundOptions;
import dev.millrace.bench.process.Placement;
import dev.millrace.bench.terminal.ProgressLine;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.worker.delivery.DeliveryMode;
import dev.millrace.worker.model.CpuPin;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace bench load}: how long an answer takes, from request to answer, at parts of the capacity. */
@Command(
        name = "load",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measure how many images a worker answers in a second, then send it a part of that at random"
                + " moments that no answer can delay, and show how long answers take.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace bench load",
            "  millrace bench load --quick",
            "  millrace bench load --load 50,70,90 --delivery at-least-once",
            "  millrace bench load --model my.int8.onnx --lanes 2 --json",
            "",
            "  ms        from the moment at which a request should have been sent to the one",
            "            at which its answer was read: open loop, no coordinated omission",
            "  late p99  by how much the bench itself was late with a request; in ms",
            "",
            "Broker and bench are on the CPUs that no lane has, where there are any. Figures",
            "are medians of the rounds; with ~ the quartiles of the rounds are further apart",
            "than a tenth of the median."
        })
public final class LoadCommand implements Callable<Integer> {
    private static final int LANES = 1;
    private static final int BATCH = 8;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            split = ",",
            description = "An ONNX file, bundled:NAME, or null: a model that does nothing. Repeatable."
                    + " Default: the bundled models.")
    private List<String> models = BundledModels.arguments();

    @Option(
            names = "--load",
            paramLabel = "PERCENT",
            split = ",",
            description = "Of the capacity. Repeatable. Default: 20, 50, 70 and 80.")
    private List<Integer> loads = List.of();

    @Option(
            names = "--lanes",
            paramLabel = "N",
            split = ",",
            description = "Lanes, each on a CPU of its own. Repeatable. Default: 1.")
    private List<Integer> lanes = List.of(LANES);

    @Option(names = "--batch", paramLabel = "N", split = ",", description = "Most images in a run. Default: 8.")
    private List<Integer> batches = List.of(BATCH);

    @Mixin
    private final SetupOptions worker = new SetupOptions();

    @Mixin
    private final RoundOptions rounds = new RoundOptions();

    /** Made by picocli. */
    public LoadCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        List<Integer> counts = rounds.within("--lanes", lanes, CpuPin.allowed().cardinality());
        List<Integer> sizes = rounds.within("--batch", batches, 1024);
        List<DeliveryMode> modes = worker.deliveries(rounds);
        List<Integer> defaultLoads = rounds.quick() ? List.of(50) : List.of(20, 50, 70, 80);
        List<Integer> parts = loads.isEmpty() ? defaultLoads : rounds.within("--load", loads, 100);
        Duration window = Duration.ofMillis(Math.round(rounds.seconds(10, 1) * 1000));
        Duration warmUp = Duration.ofSeconds(rounds.quick() ? 1 : 20);
        int count = rounds.rounds();
        List<String> more = worker.settings(rounds);
        return rounds.exitCodeOf(() -> {
            LoadPlan plan = new LoadPlan(
                    Setup.all(models, counts, sizes, modes, more), parts, count, window, warmUp, rounds.seed());
            Environment environment = Environment.here();
            rounds.print(new LoadReport(environment, settings(plan), plan.seed(), measure(plan)), LoadTable::print);
        });
    }

    private List<Row> measure(LoadPlan plan) throws IOException, InterruptedException {
        List<Row> rows = new ArrayList<>();
        long steps = (long) plan.rounds() * plan.loads().size() + 2;
        try (ProgressLine line = new ProgressLine("load", plan.setups().size() * steps)) {
            for (Setup setup : plan.setups()) {
                long before = rows.size() * steps;
                rows.add(rounds.inFolder(setup, folder -> measure(setup, plan, folder, line, before)));
            }
        }
        return rows;
    }

    private static Row measure(Setup setup, LoadPlan plan, Path folder, ProgressLine line, long before)
            throws IOException, InterruptedException {
        Placement placement = Placement.of(setup.lanes());
        long[] step = {before};
        try (WorkerBed bed = new WorkerBed(setup, placement, folder)) {
            return placement.onOthers(
                    () -> Load.run(setup, plan, bed, now -> line.at(step[0]++, setup.model() + " " + now)));
        }
    }

    private Map<String, String> settings(LoadPlan plan) {
        Map<String, String> settings = rounds.settings(plan.window());
        settings.put("warm_up_ms", Long.toString(plan.warmUp().toMillis()));
        settings.put("worker_jvm", String.join(" ", WorkerUnderTest.JVM_FLAGS));
        worker.describe(settings);
        settings.put("producer", "defaults, but for linger.ms " + OpenLoop.LINGER_MS + "; exponential arrivals");
        settings.put("consumer", "defaults, but for isolation.level read_committed");
        return settings;
    }
}
