package dev.millrace.infra.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.broker.KafkaBroker;
import dev.millrace.infra.CommandProcess;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Dead letters on their way back through a real worker. */
class DeadLetterReplayIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @RegisterExtension
    static final KafkaBroker BROKER = new KafkaBroker();

    @TempDir
    Path folder;

    private final String prefix = KafkaBroker.freshPrefix();

    @Test
    void aRequestThatDiesAgainIsCountedByTheWorkerAndRefusedAfterThreeReplays() throws Exception {
        run("topics", "--partitions", "2");
        try (CommandProcess worker = worker()) {
            worker.awaitOutput("^Worker replayed serving ", LIMIT);
            Path image = folder.resolve("image.png");
            ImageIO.write(new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY), "png", image.toFile());
            run("produce", "--model", "nobody", "--key", "camera-7", image.toString());
            awaitLetters(1);

            for (int replay = 1; replay <= 3; replay++) {
                JsonNode summary = new JsonMapper().readTree(run("dlq", "replay", "--all", "--json"));
                assertThat(summary.get("replayed").asInt()).isEqualTo(1);
                assertThat(summary.get("superseded").asInt()).isEqualTo(replay - 1);
                List<JsonNode> letters = awaitLetters(replay + 1);
                assertThat(letters)
                        .extracting(letter -> letter.get("replays").asInt())
                        .contains(replay);
                assertThat(letters).allSatisfy(letter -> {
                    assertThat(letter.get("reason").asText()).isEqualTo("UNKNOWN_MODEL");
                    assertThat(letter.get("key").asText()).isEqualTo("camera-7");
                });
            }

            Ran refused = execute("dlq", "replay", "--all", "--json");
            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.err()).contains("replays: 3 (expected: fewer than 3");
            assertThat(refused.out()).contains("\"replayed\":0,\"superseded\":3,\"refused\":1");
        }
    }

    private CommandProcess worker() throws Exception {
        assertThat(Millrace.commandLine()
                        .execute("models", "keygen", folder.resolve("release").toString()))
                .isZero();
        run(
                "models",
                "publish",
                "bundled:fashion-mnist",
                "--key",
                folder.resolve("release.key").toString());
        return CommandProcess.start(
                folder,
                "worker",
                "--bootstrap",
                BROKER.bootstrapServers(),
                "--prefix",
                prefix,
                "--id",
                "replayed",
                "--group",
                prefix + "workers",
                "--http-port",
                "0",
                "--lanes",
                "cpu:none",
                "--trusted-keys",
                folder.resolve("release.pub").toString());
    }

    private List<JsonNode> awaitLetters(int count) {
        return await().atMost(LIMIT).until(this::letters, letters -> letters.size() == count);
    }

    private List<JsonNode> letters() {
        return run("dlq", "list", "--json")
                .lines()
                .map(DeadLetterReplayIT::json)
                .toList();
    }

    private static JsonNode json(String line) {
        try {
            return new JsonMapper().readTree(line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String run(String... arguments) {
        Ran ran = execute(arguments);
        assertThat(ran.code())
                .as("%s: %s", String.join(" ", arguments), ran.err())
                .isZero();
        return ran.out();
    }

    private record Ran(int code, String out, String err) {}

    private Ran execute(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--bootstrap", BROKER.bootstrapServers(), "--prefix", prefix));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command =
                Millrace.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return new Ran(command.execute(all.toArray(String[]::new)), out.toString(), err.toString());
    }
}
