package dev.millrace.bench.peers;

import dev.millrace.bench.bed.OpenLoop;
import dev.millrace.bench.bed.SetupOptions;
import dev.millrace.bench.bed.Subject;
import dev.millrace.bench.measure.Environment;
import dev.millrace.bench.measure.RoundOptions;
import dev.millrace.bench.peers.PeersReport.CrayfishRow;
import dev.millrace.bench.peers.PeersReport.Row;
import dev.millrace.bench.process.Placement;
import dev.millrace.bench.terminal.ProgressLine;
import dev.millrace.worker.model.CpuPin;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace bench peers}: a worker beside what its users would write instead. */
@Command(
        name = "peers",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Compare a worker with programs that do the same by other means: a Kafka loop, Kafka Streams,"
                + " Spring, Confluent's Parallel Consumer, Python, Node, and Crayfish's adapter as published. The"
                + " same broker, messages, model and CPUs, in one run.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  " + Installed.COMMAND,
            "  millrace bench peers",
            "  millrace bench peers --quick",
            "  millrace bench peers --contestants millrace,kafka-streams --precision int8",
            "  millrace bench peers --json --out peers.json",
            "",
            "  images/s  when all requests are there already",
            "  /CPU s    the same, by the CPU time of the whole process",
            "  p99 ms    at one load for all: a part of what kafka-streams can do; from the",
            "            moment at which a request should have been sent to its answer",
            "  lines     of code that a user writes, imports too",
            "",
            "Each contestant must give the right answers before it is timed. Figures are",
            "medians of the rounds; with ~ the quartiles are further apart than a tenth."
        })
public final class PeersCommand implements Callable<Integer> {
    private static final List<String> PRECISIONS = List.of("int8", "fp32");

    @Option(
            names = "--contestants",
            paramLabel = "NAME",
            split = ",",
            description = "Repeatable. Default: all that are installed, of millrace, kafka-loop, kafka-streams,"
                    + " spring-kafka-batch, parallel-consumer, python, node and crayfish-kafka-streams.")
    private List<String> names = List.of();

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            defaultValue = "bundled:cifar100-resnet20",
            description =
                    "An int8 ONNX file of this project's quantizer that takes bytes, or bundled:NAME. Its fp32 twin"
                            + " is made of it. Default: ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // Set by picocli before call().
    private String model;

    @Option(names = "--precision", paramLabel = "P", split = ",", description = "int8, fp32. Default: both.")
    private List<String> precisions = PRECISIONS;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Inference threads of a contestant. It may run on every CPU, but for its broker and the bench,"
                            + " which leave the worker's lanes one each, where there are so many. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(
            names = "--load",
            paramLabel = "PERCENT",
            defaultValue = "70",
            description = "Of kafka-streams' capacity: the load at which times are taken. Default: ${DEFAULT-VALUE}.")
    private int percent;

    @Option(
            names = "--workload",
            paramLabel = "NAME",
            split = ",",
            description = "images, crayfish (its 28 x 28 FFNN, by its own definitions). Default: both.")
    private List<String> workloads = List.of("images", "crayfish");

    @Option(
            names = "--programs",
            paramLabel = "DIR",
            defaultValue = "bench/peers",
            description = "Where the programs are. Default: ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // Set by picocli before call().
    private Path programs;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "A setting of the worker, such as kafka.linger.ms=0. Repeatable.")
    private List<String> settings = List.of();

    @Mixin
    private final RoundOptions rounds = new RoundOptions();

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before call().
    private CommandSpec spec;

    /** Made by picocli. */
    public PeersCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        rounds.within("--threads", List.of(threads), CpuPin.allowed().cardinality());
        rounds.within("--load", List.of(percent), 90);
        requireKnown("--precision", precisions, PRECISIONS);
        requireKnown("--workload", workloads, List.of("images", "crayfish"));
        requireKnown("--contestants", names, Peer.ALL.stream().map(Peer::name).toList());
        Duration window = Duration.ofMillis(Math.round(rounds.seconds(4, 0.5) * 1000));
        Duration warmUp = Duration.ofSeconds(rounds.quick() ? 1 : 15);
        int count = rounds.rounds();
        List<String> more = rounds.keyValues("--set", settings);
        return rounds.exitCodeOf(() -> {
            List<String> leftOut = new ArrayList<>();
            PeersPlan plan = new PeersPlan(
                    installed(leftOut),
                    programs.toAbsolutePath(),
                    model,
                    precisions,
                    threads,
                    percent,
                    count,
                    window,
                    warmUp,
                    more,
                    rounds.seed());
            Environment environment = Environment.here();
            List<Row> rows = workloads.contains("images") ? images(plan) : List.of();
            List<CrayfishRow> crayfish = workloads.contains("crayfish") ? crayfish(plan) : List.of();
            rounds.print(
                    new PeersReport(environment, settings(plan), plan.seed(), rows, leftOut, crayfish),
                    PeersTable::print);
        });
    }

    private void requireKnown(String option, List<String> values, List<String> known) {
        for (String value : values) {
            if (!known.contains(value)) {
                throw new ParameterException(
                        spec.commandLine(), option + ": " + value + " (expected: " + String.join(", ", known) + ")");
            }
        }
    }

    /** Who was asked for must be there; who was not is left out. */
    private List<Peer> installed(List<String> leftOut) throws IOException {
        Installed installed = new Installed(programs);
        List<Peer> peers = new ArrayList<>();
        for (Peer peer : Peer.ALL) {
            Optional<Path> missing = installed.missing(peer);
            if (!names.isEmpty() && !names.contains(peer.name())) {
                continue;
            }
            if (missing.isEmpty()) {
                peers.add(peer);
            } else if (names.isEmpty()) {
                leftOut.add(peer.name());
            } else {
                throw new IOException(peer.name() + ": " + missing.get() + " is not there (expected: installed by "
                        + Installed.COMMAND + ")");
            }
        }
        return peers;
    }

    private List<Row> images(PeersPlan plan) throws IOException, InterruptedException {
        List<Row> rows = new ArrayList<>();
        long steps = (long) plan.peers().size() * (2L * plan.rounds() + 2);
        try (ProgressLine line = new ProgressLine("peers", steps * precisions.size())) {
            long[] step = {0};
            for (String precision : plan.precisions()) {
                rows.addAll(
                        rounds.inFolder("peers, " + precision, folder -> measure(plan, precision, folder, line, step)));
            }
        }
        return rows;
    }

    private static List<Row> measure(PeersPlan plan, String precision, Path folder, ProgressLine line, long[] step)
            throws IOException, InterruptedException {
        Placement placement = Placement.of(plan.threads());
        byte[] int8 = Subject.of(plan.model()).onnx();
        Subject subject = Subject.of(plan.model(), precision.equals("fp32") ? Float32.of(int8) : int8);
        return placement.onOthers(() -> {
            try (Comparison comparison = new Comparison(plan, precision, subject, placement, folder)) {
                return comparison.run(now -> line.at(step[0]++, precision + " " + now));
            }
        });
    }

    private List<CrayfishRow> crayfish(PeersPlan plan) throws IOException, InterruptedException {
        Placement placement = Placement.of(plan.threads());
        try (ProgressLine line = new ProgressLine("crayfish", CrayfishWorkload.steps(plan))) {
            long[] step = {0};
            return rounds.inFolder(
                    "crayfish",
                    folder -> placement.onOthers(() -> {
                        try (CrayfishWorkload workload = new CrayfishWorkload(plan, placement, folder)) {
                            return workload.run(now -> line.at(step[0]++, now));
                        }
                    }));
        }
    }

    private Map<String, String> settings(PeersPlan plan) {
        Map<String, String> said = rounds.settings(plan.window());
        said.put("warm_up_ms", Long.toString(plan.warmUp().toMillis()));
        said.put("model", plan.model());
        said.put("threads", Integer.toString(plan.threads()));
        said.put("load_percent", Integer.toString(plan.percent()));
        said.put("load_of", Peer.FAIR);
        said.put("precisions", String.join(",", plan.precisions()));
        said.put("contestants", plan.peers().stream().map(Peer::name).collect(Collectors.joining(",")));
        if (!plan.settings().isEmpty()) {
            said.put(SetupOptions.SET, String.join(" ", plan.settings()));
        }
        said.put("jvm", String.join(" ", PeerProcess.JVM_FLAGS));
        said.put("producer", "defaults, but for linger.ms " + OpenLoop.LINGER_MS + "; exponential arrivals");
        return said;
    }
}
