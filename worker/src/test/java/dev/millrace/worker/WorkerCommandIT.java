package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@ExtendWith(KafkaBroker.class)
class WorkerCommandIT {
    private final StringWriter err = new StringWriter();
    private final StringWriter out = new StringWriter();

    @Test
    void saysWithinTenSecondsThatNoBrokerAnswers() {
        Instant start = Instant.now();

        int code = run("--bootstrap", "127.0.0.1:1");

        assertThat(code).isEqualTo(1);
        assertThat(err.toString()).contains("bootstrap: 127.0.0.1:1 (expected: the address of a running Kafka broker");
        assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void saysWhichCommandMakesTheMissingTopics(KafkaBroker broker) {
        int code = run("--bootstrap", broker.bootstrapServers(), "--prefix", KafkaBroker.freshPrefix());

        assertThat(code).isEqualTo(1);
        assertThat(err.toString()).contains("requests (not there)").contains("millrace topics");
    }

    @Test
    void saysThatTheNameBelongsToAnotherKindOfGroup(KafkaBroker broker, @TempDir Path dir) throws Exception {
        try (Stage stage = new Stage(broker, dir)) {
            String group = stage.topics.prefix() + "group";
            stage.publish(1, Stage.onnx(0));
            Worker worker = stage.worker();
            await().atMost(Duration.ofSeconds(60)).until(() -> worker.lanes().stream()
                    .noneMatch(lane -> lane.partitions().isEmpty()));

            int code = run(
                    "--bootstrap",
                    broker.bootstrapServers(),
                    "--prefix",
                    stage.topics.prefix(),
                    "--group",
                    group,
                    "--delivery",
                    "queue");

            assertThat(code).isEqualTo(1);
            assertThat(err.toString())
                    .contains("millrace.group: " + group + " is a consumer group (expected: a name of its own for"
                            + " --delivery queue)");
        }
    }

    @Test
    void takesAWrongSettingForWrongUsage() {
        assertThat(run("--set", "millrace.batch.mx=4")).isEqualTo(2);
        assertThat(err.toString()).contains("did you mean millrace.batch.max?");
        assertThat(run("--lanes", "cpu:9999")).isEqualTo(2);
        assertThat(run("--no-such-option")).isEqualTo(2);
    }

    @Test
    void showsExamplesWithinEightyColumns() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString()).contains("Examples:").contains("millrace worker --bootstrap");
        assertThat(out.toString().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
    }

    private int run(String... args) {
        return new CommandLine(new WorkerCommand())
                .setErr(new PrintWriter(err, true))
                .setOut(new PrintWriter(out, true))
                .execute(args);
    }
}
