package dev.millrace.bench.limit;

import dev.millrace.bench.bed.Setup;
import dev.millrace.bench.bed.SetupOptions;
import dev.millrace.bench.bed.WorkerUnderTest;
import dev.millrace.bench.limit.LimitReport.Row;
import dev.millrace.bench.measure.Environment;
import dev.millrace.bench.measure.RoundOptions;
import dev.millrace.bench.process.Placement;
import dev.millrace.bench.terminal.DeviceConverter;
import dev.millrace.bench.terminal.ProgressLine;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.worker.delivery.DeliveryMode;
import dev.millrace.worker.model.CpuPin;
import dev.millrace.worker.model.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
            "  millrace bench limit --model my.fp16.onnx --device cuda:0 --batch 1,32",
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
                    + " Default: the bundled models and null.")
    private List<String> models =
            Stream.concat(BundledModels.arguments().stream(), Stream.of("null")).toList();

    @Option(
            names = "--lanes",
            paramLabel = "N",
            split = ",",
            description = "Lanes, each on a CPU of its own, but for --device. Repeatable. Default: 1 and 2.")
    private List<Integer> lanes = List.of();

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "cpu:none",
            converter = DeviceConverter.class,
            description = "cuda:N puts all lanes, and the session runs that they are compared with, on that GPU."
                    + " Default: CPUs.")
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private Device device;

    @Option(names = "--batch", paramLabel = "N", split = ",", description = "Most images in a run. Default: 1 and 8.")
    private List<Integer> batches = List.of();

    @Option(
            names = "--warm-up",
            paramLabel = "S",
            description = "Seconds that a worker works before the first round. Default: 20.")
    private @Nullable Integer warmUpSeconds;

    @Mixin
    private final SetupOptions worker = new SetupOptions();

    @Mixin
    private final RoundOptions rounds = new RoundOptions();

    /** Made by picocli. */
    public LimitCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        int cpus = CpuPin.allowed().cardinality();
        List<Integer> defaultLanes = rounds.quick() || cpus < 2 ? List.of(1) : List.of(1, 2);
        List<Integer> counts = lanes.isEmpty() ? defaultLanes : rounds.within("--lanes", lanes, cpus);
        List<Integer> defaultBatches = rounds.quick() ? List.of(8) : List.of(1, 8);
        List<Integer> sizes = batches.isEmpty() ? defaultBatches : rounds.within("--batch", batches, 1024);
        List<DeliveryMode> modes = worker.deliveries(rounds);
        Duration window = Duration.ofMillis(Math.round(rounds.seconds(4, 0.5) * 1000));
        Duration warmUp = Duration.ofSeconds(rounds.within(
                        "--warm-up", List.of(warmUpSeconds == null ? rounds.quick() ? 1 : 20 : warmUpSeconds), 600)
                .get(0));
        int count = rounds.rounds();
        List<String> more = worker.settings(rounds);
        return rounds.exitCodeOf(() -> {
            LimitPlan plan =
                    new LimitPlan(Setup.all(models, counts, sizes, modes, more), count, window, warmUp, rounds.seed());
            Environment environment = Environment.here();
            rounds.print(new LimitReport(environment, settings(plan), plan.seed(), measure(plan)), LimitTable::print);
        });
    }

    private List<Row> measure(LimitPlan plan) throws IOException, InterruptedException {
        List<Row> rows = new ArrayList<>();
        long steps = plan.rounds() + 2L;
        try (ProgressLine line = new ProgressLine("limit", plan.setups().size() * steps)) {
            for (Setup setup : plan.setups()) {
                long before = rows.size() * steps;
                rows.add(rounds.inFolder(setup, folder -> measure(setup, plan, folder, line, before)));
            }
        }
        return rows;
    }

    private Row measure(Setup setup, LimitPlan plan, Path folder, ProgressLine line, long before)
            throws IOException, InterruptedException {
        Placement placement = Placement.on(device, setup.lanes());
        long[] step = {before};
        try (LimitBed bed = new LimitBed(setup, placement, folder)) {
            return placement.onOthers(
                    () -> Limit.run(setup, plan, bed, now -> line.at(step[0]++, setup.model() + " " + now)));
        }
    }

    private Map<String, String> settings(LimitPlan plan) {
        Map<String, String> settings = rounds.settings(plan.window());
        settings.put("warm_up_ms", Long.toString(plan.warmUp().toMillis()));
        settings.put("worker_jvm", String.join(" ", WorkerUnderTest.JVM_FLAGS));
        worker.describe(settings);
        if (device.kind() != Device.Kind.CPU) {
            settings.put("device", device.toString());
        }
        settings.put("producer", "batch.size 262144, one transaction a round");
        return settings;
    }
}
