package dev.millrace.bench.limit;

import dev.millrace.bench.bed.Setup;
import dev.millrace.bench.bed.Subject;
import dev.millrace.bench.bed.WorkerUnderTest;
import dev.millrace.bench.faults.FaultsCommand.ModeConverter;
import dev.millrace.bench.limit.LimitReport.Row;
import dev.millrace.bench.measure.Environment;
import dev.millrace.bench.measure.RoundOptions;
import dev.millrace.bench.process.ChildrenEnd;
import dev.millrace.bench.process.Folders;
import dev.millrace.bench.process.Placement;
import dev.millrace.bench.terminal.ProgressLine;
import dev.millrace.broker.BrokerException;
import dev.millrace.worker.delivery.DeliveryMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace bench limit}: how close a lane comes to ONNX Runtime by itself. */
@Command(
        name = "limit",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Compare a worker between two Kafka topics with session runs and nothing else, on the same CPUs"
                + " in the same run, and show where the rest goes.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace bench limit",
            "  millrace bench limit --quick",
            "  millrace bench limit --model null --lanes 1 --batch 8",
            "  millrace bench limit --model my.int8.onnx --delivery exactly-once --json",
            "",
            "  raw     session runs over images that lie in the batch buffer",
            "  dry     the worker's lanes, with clients that have everything in memory",
            "  lane    a worker, from a topic that was filled before to the results topic;",
            "          broker and bench on the CPUs that no lane has, where there are any",
            "  of raw  lane / raw",
            "  core us CPU time of the worker's process for an image, less that of a raw run",
            "",
            "Figures are medians of the rounds. \"hidden\": the quartiles of the rounds are",
            "further apart than a tenth of the median; this machine is too noisy to tell."
        })
public final class LimitCommand implements Callable<Integer> {
    @Option(
            names = "--model",
            paramLabel = "MODEL",
            split = ",",
            description = "An ONNX file, bundled:NAME, or null: a model that does nothing. Repeatable."
                    + " Default: bundled:fashion-mnist and null.")
    private List<String> models = List.of("bundled:fashion-mnist", "null");

    @Option(
            names = "--lanes",
            paramLabel = "N",
            split = ",",
            description = "Lanes, each on a CPU of its own. Repeatable. Default: 1 and 2.")
    private List<Integer> lanes = List.of();

    @Option(names = "--batch", paramLabel = "N", split = ",", description = "Most images in a run. Default: 1 and 8.")
    private List<Integer> batches = List.of();

    @Option(
            names = "--delivery",
            paramLabel = "MODE",
            split = ",",
            converter = ModeConverter.class,
            description = "at-least-once, exactly-once. Repeatable. Default: both.")
    private List<DeliveryMode> deliveries = List.of();

    @Mixin
    private final RoundOptions rounds = new RoundOptions();

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before call().
    private CommandSpec spec;

    /** Made by picocli. */
    public LimitCommand() {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        LimitPlan plan = plan();
        try {
            for (String model : plan.models()) {
                // Now, and not after the cases before it.
                Subject.of(model);
            }
        } catch (IOException e) {
            spec.commandLine().getErr().println(e.getMessage());
            return 1;
        }
        Environment environment = Environment.here();
        try {
            rounds.print(new LimitReport(environment, settings(plan), plan.seed(), measure(plan)), LimitTable::print);
            return 0;
        } catch (IOException | IllegalStateException | BrokerException e) {
            spec.commandLine().getErr().println(e.getMessage());
            return 1;
        }
    }

    private List<Row> measure(LimitPlan plan) throws IOException, InterruptedException {
        List<Row> rows = new ArrayList<>();
        List<Setup> cases = plan.cases();
        long steps = plan.rounds() + 2L;
        try (ProgressLine line = new ProgressLine("limit", cases.size() * steps)) {
            for (Setup measured : cases) {
                long before = rows.size() * steps;
                rows.add(ChildrenEnd.withThisProcess(() -> measure(measured, plan, line, before)));
            }
        }
        return rows;
    }

    private LimitPlan plan() {
        int cpus = Runtime.getRuntime().availableProcessors();
        List<Integer> defaultLanes = rounds.quick() || cpus < 2 ? List.of(1) : List.of(1, 2);
        return new LimitPlan(
                models,
                lanes.isEmpty() ? defaultLanes : rounds.within("--lanes", lanes, cpus),
                deliveries.isEmpty()
                        ? rounds.quick()
                                ? List.of(DeliveryMode.AT_LEAST_ONCE)
                                : List.of(DeliveryMode.AT_LEAST_ONCE, DeliveryMode.EXACTLY_ONCE)
                        : withoutQueue(deliveries),
                batches.isEmpty()
                        ? rounds.quick() ? List.of(8) : List.of(1, 8)
                        : rounds.within("--batch", batches, 1024),
                rounds.rounds(),
                Duration.ofMillis(Math.round(rounds.seconds(4, 0.5) * 1000)),
                Duration.ofSeconds(rounds.quick() ? 1 : 20),
                rounds.seed());
    }

    private List<DeliveryMode> withoutQueue(List<DeliveryMode> modes) {
        if (modes.contains(DeliveryMode.QUEUE)) {
            // It tells no offsets by which to see that a round is over.
            throw new ParameterException(
                    spec.commandLine(), "--delivery: queue (expected: at-least-once or exactly-once)");
        }
        return modes;
    }

    private Row measure(Setup measured, LimitPlan plan, ProgressLine line, long before)
            throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("millrace-limit-");
        Placement placement = Placement.of(measured.lanes());
        long[] step = {before};
        Row row;
        try (LimitBed bed = new LimitBed(measured, placement, folder)) {
            row = placement.onOthers(
                    () -> Limit.run(measured, plan, bed, now -> line.at(step[0]++, measured.model() + " " + now)));
        }
        if (rounds.keep()) {
            spec.commandLine().getErr().println("logs of " + measured + ": " + folder);
        } else {
            Folders.delete(folder);
        }
        return row;
    }

    private static Map<String, String> settings(LimitPlan plan) {
        Map<String, String> settings = new TreeMap<>();
        settings.put("rounds", Integer.toString(plan.rounds()));
        settings.put("window_ms", Long.toString(plan.window().toMillis()));
        settings.put("warm_up_ms", Long.toString(plan.warmUp().toMillis()));
        settings.put("worker_jvm", String.join(" ", WorkerUnderTest.JVM_FLAGS));
        settings.put("worker", "defaults, but for lanes, delivery and batch.max");
        settings.put("producer", "batch.size 262144, one transaction a round");
        return settings;
    }
}
