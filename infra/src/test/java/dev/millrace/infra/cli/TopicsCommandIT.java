package dev.millrace.infra.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.broker.KafkaBroker;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import picocli.CommandLine;

class TopicsCommandIT {
    @RegisterExtension
    static final KafkaBroker BROKER = new KafkaBroker();

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final String prefix = KafkaBroker.freshPrefix();

    @Test
    void createsWhatIsMissingWithThePartitionsAskedFor() throws Exception {
        assertThat(topics("--partitions", "3", "--json")).isZero();

        assertThat(states()).hasSize(8).allSatisfy((topic, state) -> assertThat(state)
                .isEqualTo("created"));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", BROKER.bootstrapServers()))) {
            Map<String, TopicDescription> found = admin.describeTopics(List.of(prefix + "requests", prefix + "control"))
                    .allTopicNames()
                    .get();
            assertThat(requireNonNull(found.get(prefix + "requests")).partitions())
                    .hasSize(3);
            assertThat(requireNonNull(found.get(prefix + "control")).partitions())
                    .hasSize(1);
        }
    }

    @Test
    void findsEverythingRightTheSecondTime() throws Exception {
        assertThat(topics()).isZero();
        out.getBuffer().setLength(0);

        assertThat(topics("--verify", "--json")).isZero();

        assertThat(states()).hasSize(8).allSatisfy((topic, state) -> assertThat(state)
                .isEqualTo("ok"));
    }

    @Test
    void verifyingCreatesNothingAndFailsWhereATopicIsMissing() throws Exception {
        assertThat(topics("--verify", "--json")).isEqualTo(1);

        assertThat(states()).hasSize(8).allSatisfy((topic, state) -> assertThat(state)
                .isEqualTo("missing"));
    }

    @Test
    void failsWhereATopicDoesNotFit() throws Exception {
        BROKER.createTopic(prefix + "control", 2, Map.of("cleanup.policy", "compact"));

        assertThat(topics()).isEqualTo(1);

        assertThat(out.toString())
                .containsPattern("different +" + prefix + "control +2  partitions: 2 \\(expected: 1\\)");
    }

    @Test
    void refusesUnusableNumbersAsUsage() {
        assertThat(topics("--partitions", "0")).isEqualTo(2);
        assertThat(err.toString()).contains("--partitions: 0 (expected: 1 or more)", "Try 'millrace topics --help'.");
    }

    private int topics(String... arguments) {
        List<String> all =
                new ArrayList<>(List.of("topics", "--bootstrap", BROKER.bootstrapServers(), "--prefix", prefix));
        all.addAll(List.of(arguments));
        CommandLine commandLine = Millrace.commandLine();
        commandLine.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return commandLine.execute(all.toArray(String[]::new));
    }

    private Map<String, String> states() throws IOException {
        Map<String, String> states = new java.util.TreeMap<>();
        JsonNode topics = new JsonMapper().readTree(out.toString()).get("topics");
        topics.forEach(topic ->
                states.put(topic.get("topic").asText(), topic.get("state").asText()));
        return states;
    }
}
