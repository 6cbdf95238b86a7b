package dev.millrace.bench.measure;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.bench.process.ChildrenEnd;
import dev.millrace.bench.process.Folders;
import dev.millrace.broker.BrokerException;
import dev.millrace.trainer.cli.FailureMessage;
import dev.millrace.worker.delivery.DeliveryMode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What every command takes that measures in rounds: how many, what decides their order, and where the report goes. A mixin. */
public final class RoundOptions {
    /** Where the records of a broker lie, in the folder of {@link #inFolder}. */
    public static final String RECORDS = "kafka";

    private static final int ROUNDS = 5;
    private static final int MOST_ROUNDS = 1000;
    private static final double LEAST_SECONDS = 0.1;
    private static final double MOST_SECONDS = 60;

    @Option(names = "--rounds", paramLabel = "N", description = "Rounds of each case. Default: 5.")
    private @Nullable Integer rounds;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "How long each figure of a round is taken. Default: 4; 10 in load.")
    private @Nullable Double seconds;

    @Option(names = "--seed", paramLabel = "N", description = "Repeats the orders of a run.")
    private @Nullable Long seed;

    @Option(names = "--quick", description = "One short round of one case a model: proves that it runs, no more.")
    private boolean quick;

    @Option(names = "--json", description = "Print one JSON object instead of the table.")
    private boolean json;

    @Option(names = "--out", paramLabel = "FILE", description = "Also write the JSON object here.")
    private @Nullable Path out;

    @Option(names = "--keep", description = "Keep the logs.")
    private boolean keep;

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec spec;

    /** Made by picocli's user. */
    public RoundOptions() {}

    /** Whether figures do not matter. */
    public boolean quick() {
        return quick;
    }

    /** Whether logs are kept. */
    public boolean keep() {
        return keep;
    }

    /** How many rounds. */
    public int rounds() {
        int otherwise = quick ? 1 : ROUNDS;
        return within("--rounds", List.of(rounds == null ? otherwise : rounds), MOST_ROUNDS)
                .get(0);
    }

    /** Of one figure in one round. */
    public double seconds(double otherwise, double whenQuick) {
        double chosen = seconds == null ? quick ? whenQuick : otherwise : seconds;
        if (!(chosen >= LEAST_SECONDS && chosen <= MOST_SECONDS)) {
            throw new ParameterException(spec.commandLine(), "--seconds: " + chosen + " (expected: 0.1 to 60)");
        }
        return chosen;
    }

    /** The one given, or any. */
    public long seed() {
        return seed == null ? new Random().nextInt(1_000_000) : seed;
    }

    /**
     * The values of an option.
     *
     * @throws ParameterException when one of them is not 1 to {@code most}
     */
    public List<Integer> within(String option, List<Integer> values, int most) {
        for (int value : values) {
            if (value < 1 || value > most) {
                throw new ParameterException(
                        spec.commandLine(), option + ": " + value + " (expected: 1 to " + most + ")");
            }
        }
        return values;
    }

    /**
     * The values of an option.
     *
     * @throws ParameterException when one of them is not KEY=VALUE
     */
    public List<String> keyValues(String option, List<String> values) {
        for (String value : values) {
            if (value.indexOf('=') < 1) {
                throw new ParameterException(spec.commandLine(), option + ": " + value + " (expected: KEY=VALUE)");
            }
        }
        return values;
    }

    /**
     * The modes of an option, or all that can be measured.
     *
     * @throws ParameterException when one of them is {@code queue}, which tells no offsets by which to see that a round is over
     */
    public List<DeliveryMode> deliveries(List<DeliveryMode> given) {
        if (given.contains(DeliveryMode.QUEUE)) {
            throw new ParameterException(
                    spec.commandLine(), "--delivery: queue (expected: at-least-once or exactly-once)");
        }
        if (!given.isEmpty()) {
            return given;
        }
        return quick
                ? List.of(DeliveryMode.AT_LEAST_ONCE)
                : List.of(DeliveryMode.AT_LEAST_ONCE, DeliveryMode.EXACTLY_ONCE);
    }

    /** What a report says of its rounds; to be added to. */
    public Map<String, String> settings(Duration window) {
        Map<String, String> settings = new TreeMap<>();
        settings.put("rounds", Integer.toString(rounds()));
        settings.put("window_ms", Long.toString(window.toMillis()));
        if (quick) {
            settings.put("quick", "true");
        }
        return settings;
    }

    /** A measurement, from its first process to its report. */
    public interface Measurement {
        /** Does it. */
        void run() throws IOException, InterruptedException;
    }

    /**
     * Runs a measurement, and says in one line why it failed.
     *
     * @return an exit code
     */
    public int exitCodeOf(Measurement measurement) throws InterruptedException {
        try {
            requireFile(out);
            measurement.run();
            return 0;
        } catch (IOException | IllegalStateException | IllegalArgumentException | KafkaException | BrokerException e) {
            spec.commandLine().getErr().println(FailureMessage.of(e));
            return 1;
        }
    }

    /** Now, and not when everything is measured. */
    private static void requireFile(@Nullable Path out) throws IOException {
        if (out != null) {
            Path folder = out.toAbsolutePath().getParent();
            if (folder == null || !Files.isDirectory(folder) || Files.isDirectory(out)) {
                throw new IOException("--out: " + out + " (expected: a file in a folder that exists)");
            }
        }
    }

    /** What is measured in a folder. */
    public interface InFolder<T> {
        /** Measures it, with everything stopped at the end. */
        T measure(Path folder) throws IOException, InterruptedException;
    }

    /**
     * Measures with an empty folder for records and logs, which is deleted unless something fails or logs are kept.
     *
     * @param what is measured, for people
     */
    public <T> T inFolder(Object what, InFolder<T> work) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("millrace-bench-");
        boolean logs = true;
        try {
            T found = ChildrenEnd.withThisProcess(() -> work.measure(folder));
            logs = keep;
            return found;
        } finally {
            // Records fill a disk, and say nothing that logs do not.
            Folders.delete(logs ? Files.createDirectories(folder.resolve(RECORDS)) : folder);
            if (logs) {
                spec.commandLine().getErr().println("logs of " + what + ": " + folder);
            }
        }
    }

    /** Prints a report as a table or as JSON, whose names are in snake case, and writes the JSON where it was asked for. */
    public <R> void print(R report, BiConsumer<R, PrintWriter> table) throws IOException {
        String text = JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                // Results are kept under version control: the same text for the same figures.
                .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                .build()
                .writerWithDefaultPrettyPrinter()
                .writeValueAsString(report);
        PrintWriter print = spec.commandLine().getOut();
        if (json) {
            print.println(text);
        } else {
            table.accept(report, print);
        }
        print.flush();
        if (out != null) {
            Files.writeString(out, text + "\n");
        }
    }
}
