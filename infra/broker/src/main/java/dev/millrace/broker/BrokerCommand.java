package dev.millrace.broker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code millrace broker}: runs one Kafka node until SIGTERM or Ctrl-C. Takes the JVM over: its exit status on a signal
 *
 */
@Command(
        name = "broker",
        description = "Run a single Apache Kafka broker on this machine until Ctrl-C.",
        footerHeading = "%nExample:%n",
        footer = {
            "  millrace broker --port 9092 --data ./kafka-data",
            "",
            "Listens on loopback only. Exit codes: 0 stopped, 1 failed, 2 usage."
        })
public final class BrokerCommand implements Callable<Integer> {

    static final String SUPERVISED = "--supervised";

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    @SuppressWarnings("UnusedVariable") // read by picocli
    private boolean help;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "9092",
            description = "Port on 127.0.0.1; 0 takes a free one (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Directory that keeps topics and records; opened again if it is there already. Without it a"
                    + " temporary one, deleted at the end.")
    private @Nullable Path data;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Any Kafka broker setting; wins over Millrace's own choice. Repeatable.")
    private Map<String, String> settings = new HashMap<>();

    @Option(names = "--json", description = "Print the address as one JSON object.")
    private boolean json;

    @Option(
            names = SUPERVISED,
            hidden = true,
            description = "Leave Ctrl-C to the parent process, and stop when standard input ends.")
    private boolean supervised;

    @Override
    public Integer call() {
        if (port < 0 || port > 65_535) {
            throw new ParameterException(spec.commandLine(), "--port: " + port + " (expected: 0 to 65535)");
        }
        try {
            return serve();
        } catch (BrokerException e) {
            spec.commandLine().getErr().println(e.getMessage());
            return 1;
        }
    }

    private int serve() {
        StopSignal stop = StopSignal.install();
        try {
            if (supervised) {
                stop.leaveInterruptsToParent();
                stop.whenEnded(System.in);
            }
            runUntil(stop);
            return 0;
        } finally {
            stop.stopped();
        }
    }

    private void runUntil(StopSignal stop) {
        try (DataDirectory directory = DataDirectory.open(data);
                DirectoryLock lock = DirectoryLock.take(directory.path());
                LoopbackSockets sockets = LoopbackSockets.bind(port);
                KafkaNode node = KafkaNode.start(lock.directory(), sockets, settings)) {
            announce(node.bootstrapServers(), directory.path());
            stop.await();
        }
    }

    private void announce(String bootstrap, Path directory) {
        var out = spec.commandLine().getOut();
        out.println(json ? json(bootstrap, directory) : new ReadyLine(bootstrap, directory).text());
        out.flush();
    }

    private static String json(String bootstrap, Path directory) {
        try {
            return new JsonMapper()
                    .writeValueAsString(new TreeMap<>(Map.of("bootstrap", bootstrap, "data", directory.toString())));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
