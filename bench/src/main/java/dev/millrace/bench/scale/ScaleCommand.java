package dev.millrace.bench.scale;

import dev.millrace.bench.bed.Subject;
import dev.millrace.bench.bed.WorkerUnderTest;
import dev.millrace.bench.measure.Environment;
import dev.millrace.bench.measure.RoundOptions;
import dev.millrace.bench.scale.ScalePlan.Group;
import dev.millrace.bench.scale.ScaleReport.Row;
import dev.millrace.bench.terminal.ModeConverter;
import dev.millrace.bench.terminal.ProgressLine;
import dev.millrace.worker.delivery.DeliveryMode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace bench scale}: what coordination costs as lanes and workers become more. */
@Command(
        name = "scale",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Run one worker with more and more lanes, and then more and more workers with 4 lanes each,"
                + " whose model only waits, as for a device that needs no CPU: what is missing then is what"
                + " coordination costs.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace bench scale",
            "  millrace bench scale --quick",
            "  millrace bench scale --lanes 1,16 --workers 1,8 --wait 2 --json",
            "",
            "  run ms    of a session run: with N workers N times --wait, so that all of them together",
            "            have the same to do, and it is not the machine that ends first",
            "  join s    until every lane had its partitions, once all workers were ready",
            "  ideal/s   images, if nothing but the runs took time",
            "  core us   CPU time of all workers' processes for an image",
            "",
            "How a model that computes goes with 1 and 2 lanes is what `bench limit` shows."
        })
public final class ScaleCommand implements Callable<Integer> {
    private static final String MODEL = "null";

    @Option(
            names = "--lanes",
            paramLabel = "N",
            split = ",",
            description = "Lanes of one worker. Repeatable. Default: 1, 2, 4, 8, 16, 32 and 64.")
    private List<Integer> lanes = List.of();

    @Option(
            names = "--workers",
            paramLabel = "N",
            split = ",",
            description = "Workers with 4 lanes each. Repeatable. Default: 1, 2, 4, 8 and 16.")
    private List<Integer> workers = List.of();

    @Option(
            names = "--wait",
            paramLabel = "MS",
            description = "How long a session run takes in one worker; N of them take N times as long. Default: 10.")
    private double waitMs = 10;

    @Option(names = "--batch", paramLabel = "N", description = "Most images in a run. Default: 8.")
    private int batch = 8;

    @Option(
            names = "--delivery",
            paramLabel = "MODE",
            converter = ModeConverter.class,
            description = "at-least-once or exactly-once. Default: at-least-once.")
    private DeliveryMode delivery = DeliveryMode.AT_LEAST_ONCE;

    @Mixin
    private final RoundOptions rounds = new RoundOptions();

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before call().
    private CommandSpec spec;

    /** Made by picocli. */
    public ScaleCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        ScalePlan plan = plan();
        return rounds.exitCodeOf(() -> {
            Environment environment = Environment.here();
            rounds.print(new ScaleReport(environment, settings(plan), plan.seed(), measure(plan)), ScaleTable::print);
        });
    }

    private ScalePlan plan() {
        if (!(waitMs >= 0.1 && waitMs <= 1000)) {
            throw new ParameterException(spec.commandLine(), "--wait: " + waitMs + " (expected: 0.1 to 1000)");
        }
        List<Integer> allLanes = rounds.quick() ? List.of(2) : List.of(1, 2, 4, 8, 16, 32, 64);
        List<Integer> allWorkers = rounds.quick() ? List.of(2) : List.of(1, 2, 4, 8, 16);
        boolean neither = lanes.isEmpty() && workers.isEmpty();
        return new ScalePlan(
                rounds.within("--lanes", neither ? allLanes : lanes, 256),
                rounds.within("--workers", neither ? allWorkers : workers, 64),
                Duration.ofNanos(Math.round(waitMs * 1e6)),
                rounds.within("--batch", List.of(batch), 1024).get(0),
                rounds.deliveries(List.of(delivery)).get(0),
                rounds.rounds(),
                Duration.ofMillis(Math.round(rounds.seconds(4, 0.5) * 1000)),
                rounds.quick() ? 1_000 : 200_000,
                rounds.seed());
    }

    /** In any order, so that what changes with time favours nobody; shown in that of the plan. */
    private List<Row> measure(ScalePlan plan) throws IOException, InterruptedException {
        List<Group> order = new ArrayList<>(plan.groups());
        Collections.shuffle(order, new Random(plan.seed()));
        Subject subject = Subject.of(MODEL);
        List<Row> rows = new ArrayList<>();
        try (ProgressLine line = new ProgressLine("scale", order.size())) {
            for (Group group : order) {
                line.at(rows.size(), group.toString());
                rows.add(rounds.inFolder(group, folder -> {
                    try (ScaleBed bed = new ScaleBed(group, plan, subject, folder)) {
                        return new Scale(group, plan, subject, bed).run();
                    }
                }));
            }
        }
        rows.sort(Comparator.comparing(row -> plan.groups().indexOf(new Group(row.workers(), row.lanes()))));
        return rows;
    }

    private Map<String, String> settings(ScalePlan plan) {
        Map<String, String> settings = rounds.settings(plan.window());
        settings.put("run_ms", Double.toString(plan.run().toNanos() / 1e6));
        settings.put("batch", Integer.toString(plan.batch()));
        settings.put("delivery", plan.delivery().toString());
        settings.put("partitions", "as many for each lane, at least 4");
        settings.put("warm_up_images", Integer.toString(plan.warmUpImages()));
        settings.put(
                "worker_jvm",
                String.join(" ", WorkerUnderTest.waitingJvmFlags(1))
                        + "; several workers: they share the heap, -XX:TieredStopAtLevel=1");
        return settings;
    }
}
