package dev.millrace.infra.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.cli.KafkaOptions;
import dev.millrace.schemas.topic.BrokerProbe;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.TopicSpec;
import dev.millrace.schemas.topic.TopicState;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code topics}: creates the topics that Millrace needs, or verifies them. */
@Command(
        name = "topics",
        description = "Create the topics that are missing and verify the others.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:every topic can be used", "1:one cannot, or no broker answers", "2:wrong usage"},
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace topics --bootstrap 127.0.0.1:9092",
            "  millrace topics --partitions 32 --replication 3",
            "  millrace topics --verify --json",
        })
public final class TopicsCommand implements Callable<Integer> {
    private static final String ROW = "%-9s %-40s %10s  %s%n";

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli.
    private CommandSpec command;

    @Mixin
    private final KafkaOptions kafka = new KafkaOptions();

    @Option(names = "--verify", description = "Create nothing, only look.")
    private boolean verify;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "8",
            description = "Of new topics that carry images and results; the most lanes that can share the work"
                    + " (default: ${DEFAULT-VALUE}).")
    private int partitions;

    @Option(
            names = "--replication",
            paramLabel = "N",
            defaultValue = "-1",
            description = "Copies of each partition of new topics (default: as the broker is configured).")
    private short replication;

    @Option(names = "--json", description = "Print one JSON object, nothing else, on stdout.")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException, ExecutionException {
        ClientConfig config = config();
        Map<String, Object> client = new HashMap<>(config.kafka());
        client.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
        try {
            BrokerProbe.requireBroker(client);
        } catch (BrokerUnreachableException e) {
            command.commandLine().getErr().println(e.getMessage());
            return ExitCode.SOFTWARE;
        }
        List<TopicState> states = states(client, config.topics().catalogue(partitions, replication));
        print(states);
        return states.stream().allMatch(TopicState::usable) ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private ClientConfig config() {
        requirePositive("--partitions", partitions);
        if (replication != -1) {
            requirePositive("--replication", replication);
        }
        try {
            return kafka.config();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), e.getMessage(), e);
        }
    }

    private void requirePositive(String option, int value) {
        if (value < 1) {
            throw new ParameterException(command.commandLine(), option + ": " + value + " (expected: 1 or more)");
        }
    }

    private List<TopicState> states(Map<String, Object> client, List<TopicSpec> specs)
            throws InterruptedException, ExecutionException {
        try (Admin admin = Admin.create(client)) {
            TopicProvisioner provisioner = new TopicProvisioner(admin);
            return verify ? provisioner.verify(specs) : provisioner.createMissing(specs);
        }
    }

    private void print(List<TopicState> states) {
        PrintWriter out = command.commandLine().getOut();
        if (json) {
            out.println(json(states));
        } else {
            out.printf(ROW, "STATE", "TOPIC", "PARTITIONS", "");
            for (TopicState state : states) {
                out.printf(ROW, outcome(state), state.name(), state.partitions(), state.detail());
            }
        }
        out.flush();
    }

    private static String json(List<TopicState> states) {
        var root = new JsonMapper().createObjectNode();
        ArrayNode topics = root.putArray("topics");
        for (TopicState state : states) {
            topics.addObject()
                    .put("topic", state.name())
                    .put("state", outcome(state))
                    .put("partitions", state.partitions())
                    .put("detail", state.detail());
        }
        return root.toString();
    }

    private static String outcome(TopicState state) {
        return state.outcome().name().toLowerCase(Locale.ROOT);
    }
}
