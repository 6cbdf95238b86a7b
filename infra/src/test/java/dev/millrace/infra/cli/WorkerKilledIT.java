package dev.millrace.infra.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.broker.KafkaBroker;
import dev.millrace.infra.CommandProcess;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A worker killed in mid-run: what it had taken and not answered goes to the next one. */
class WorkerKilledIT {
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final int IMAGES = 2_000;
    private static final int BEFORE_THE_KILL = 200;

    @RegisterExtension
    static final KafkaBroker BROKER = new KafkaBroker();

    @TempDir
    Path folder;

    private final String prefix = KafkaBroker.freshPrefix();

    @Test
    void everyRequestIsAnsweredAlthoughTheWorkerIsKilled() throws Exception {
        run("topics", "--partitions", "4");
        run("models", "keygen", folder.resolve("release").toString());
        run(
                "models",
                "publish",
                "bundled:fashion-mnist",
                "--key",
                folder.resolve("release.key").toString());
        try (CommandProcess first = worker("first")) {
            first.awaitOutput("^Worker first serving ", LIMIT);
            // At 500 a second the run takes four seconds: the kill comes in the middle of it.
            try (CommandProcess produce = start(
                    "produce", "--await", "--timeout", "180s", "--rate", "500/s", "--json", "bundled:fashion-mnist")) {
                run("results", "--from-beginning", "--count", Integer.toString(BEFORE_THE_KILL));
                first.kill();
                assertThat(produce.isAlive()).as("the run was not over yet").isTrue();
                try (CommandProcess second = worker("second")) {
                    second.awaitOutput("^Worker second serving ", LIMIT);
                    assertThat(produce.awaitExit(LIMIT)).as(produce.toString()).isZero();
                }
                JsonNode summary = produce.json();
                assertThat(summary.get("published").asInt()).isEqualTo(IMAGES);
                assertThat(summary.get("ok").asInt()).isEqualTo(IMAGES);
                assertThat(summary.get("unanswered").asInt()).isZero();
            }
        }
    }

    private CommandProcess worker(String id) throws Exception {
        return start(
                "worker",
                "--id",
                id,
                "--group",
                prefix + "workers",
                "--http-port",
                "0",
                "--lanes",
                "cpu:none",
                "--trusted-keys",
                folder.resolve("release.pub").toString());
    }

    private void run(String... arguments) throws Exception {
        try (CommandProcess command = start(arguments)) {
            assertThat(command.awaitExit(LIMIT)).as(command.toString()).isZero();
        }
    }

    private CommandProcess start(String... arguments) throws Exception {
        if (arguments.length > 1 && arguments[1].equals("keygen")) {
            return CommandProcess.start(folder, arguments);
        }
        String[] all = new String[arguments.length + 4];
        System.arraycopy(arguments, 0, all, 0, arguments.length);
        all[arguments.length] = "--bootstrap";
        all[arguments.length + 1] = BROKER.bootstrapServers();
        all[arguments.length + 2] = "--prefix";
        all[arguments.length + 3] = prefix;
        return CommandProcess.start(folder, all);
    }
}
