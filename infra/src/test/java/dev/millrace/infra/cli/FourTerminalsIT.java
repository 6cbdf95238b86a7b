package dev.millrace.infra.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.infra.CommandProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The parts run apart, each command as in a terminal of its own: broker, worker, produce, results. */
class FourTerminalsIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String BUNDLED = "bundled:fashion-mnist";

    @TempDir
    Path folder;

    @Test
    void partsThatRunApartClassifyTheBundledImages() throws Exception {
        try (CommandProcess broker = CommandProcess.start(folder, "broker", "--port", "0")) {
            String bootstrap =
                    broker.awaitOutput("ready at (\\S+:\\d+) ", LIMIT).group(1);
            run("topics", "--bootstrap", bootstrap);
            run("models", "keygen", folder.resolve("release").toString());
            run(
                    "models",
                    "publish",
                    BUNDLED,
                    "--bootstrap",
                    bootstrap,
                    "--key",
                    folder.resolve("release.key").toString());
            try (CommandProcess worker = worker(bootstrap)) {
                worker.awaitOutput("^Worker \\S+ serving fashion-mnist v1 int8 on ", LIMIT);
                JsonNode produced = run("produce", "--bootstrap", bootstrap, "--await", "--json", BUNDLED);
                assertThat(produced.get("published").asInt()).isEqualTo(2_000);
                assertThat(produced.get("ok").asInt()).isEqualTo(2_000);

                assertResults(bootstrap, 2_000);

                worker.terminate();
                assertThat(worker.awaitExit(LIMIT)).isZero();
            }
            broker.pressCtrlC();
            assertThat(broker.awaitExit(LIMIT)).isZero();
        }
        assertThat(folder.resolve("tmp")).isDirectoryNotContaining("glob:**/millrace-*");
    }

    private void assertResults(String bootstrap, int count) throws Exception {
        try (CommandProcess results = CommandProcess.start(
                folder, "results", "--bootstrap", bootstrap, "--from-beginning", "--count", "" + count, "--json")) {
            assertThat(results.awaitExit(LIMIT)).as(results.toString()).isZero();
            List<String> lines = results.output().lines().toList();
            Set<String> ids = new HashSet<>();
            for (String line : lines) {
                JsonNode result = new JsonMapper().readTree(line);
                assertThat(result.get("status").asText()).isEqualTo("OK");
                ids.add(result.get("request_id").asText());
            }
            assertThat(ids).hasSize(count).hasSameSizeAs(lines);
        }
    }

    private CommandProcess worker(String bootstrap) throws Exception {
        return CommandProcess.start(
                folder,
                "worker",
                "--bootstrap",
                bootstrap,
                "--http-port",
                "0",
                "--lanes",
                "cpu:none",
                "--trusted-keys",
                folder.resolve("release.pub").toString());
    }

    private JsonNode run(String... arguments) throws Exception {
        try (CommandProcess command = CommandProcess.start(folder, arguments)) {
            assertThat(command.awaitExit(LIMIT)).as(command.toString()).isZero();
            return List.of(arguments).contains("--json")
                    ? command.json()
                    : JsonMapper.builder().build().nullNode();
        }
    }
}
