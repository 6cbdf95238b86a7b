package dev.millrace.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.DriftStatus;
import dev.millrace.schemas.LabelCounts;
import dev.millrace.schemas.TrainerState;
import dev.millrace.schemas.TrainerStatus;
import dev.millrace.schemas.topic.StatusKey;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.TopicState;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.WireSerializer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ModelsRetrainCommandIT {
    @RegisterExtension
    static final KafkaBroker BROKER = new KafkaBroker();

    @TempDir
    private Path folder = Path.of("");

    private final Topics topics = new Topics(KafkaBroker.freshPrefix());
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void createTopics() throws Exception {
        try (Admin admin = Admin.create(client())) {
            assertThat(new TopicProvisioner(admin).createMissing(topics.catalogue(1, (short) 1)))
                    .allMatch(TopicState::usable);
        }
    }

    @Test
    void asksForRetrainingAndSaysWhoListens() throws Exception {
        assertThat(run("models", "retrain", "fashion-mnist", "--why", "autumn")).isEqualTo(1);
        assertThat(err.toString())
                .contains(
                        "model: fashion-mnist (expected: one on record, see `models list`; --new for a first version)");
        assertThat(run("models", "retrain", "fashion-mnist")).isEqualTo(2);

        assertThat(run("models", "retrain", "fashion-mnist", "--new", "--why", "autumn"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString().lines())
                .contains(
                        "fashion-mnist: retraining is asked for, its first version",
                        "No trainer that retrains it is alive: nothing happens until one starts");

        heartbeat("other", "cifar100", List.of("judge", "retrain"));
        heartbeat("judge", "", List.of("judge"));
        heartbeat("b", "fashion-mnist", List.of("judge", "retrain"));
        assertThat(run("models", "retrain", "fashion-mnist", "--new", "--why", "winter", "--json"))
                .as(err.toString())
                .isZero();
        List<String> lines = out.toString().lines().toList();
        JsonNode asked = new ObjectMapper().readTree(lines.get(lines.size() - 1));
        assertThat(asked.at("/listening/0").asText()).isEqualTo("b");
        assertThat(asked.path("listening")).hasSize(1);
        assertThat(asked.path("why").asText()).isEqualTo("winter");

        out.getBuffer().setLength(0);
        assertThat(run("models", "history", "fashion-mnist")).isZero();
        assertThat(out.toString().lines())
                .hasSize(5)
                .allMatch(line -> line.length() <= 80)
                .anyMatch(line -> line.matches(".*fashion-mnist +- +retrain asked +-"))
                .anyMatch(line -> line.endsWith(": winter"));
    }

    @Test
    void goesOnFromTheVersionThatAnswers() throws Exception {
        Path key = folder.resolve("key");
        assertThat(execute("models", "keygen", key.toString())).isZero();
        assertThat(run("models", "publish", "bundled:fashion-mnist", "--key", key + ".key"))
                .as(err.toString())
                .isZero();

        assertThat(run("models", "retrain", "fashion-mnist", "--why", "autumn"))
                .as(err.toString())
                .isZero();

        assertThat(out.toString()).contains("fashion-mnist: retraining is asked for, from version 1");
        out.getBuffer().setLength(0);
        assertThat(run("models", "list", "--json")).isZero();
        assertThat(new ObjectMapper().readTree(out.toString()).at("/0/champion").asBoolean())
                .as("what answers is as it was")
                .isTrue();
    }

    private void heartbeat(String id, String model, List<String> roles) throws Exception {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        TrainerStatus status = TrainerStatus.newBuilder()
                .setTrainer(id)
                .setStartedAt(now)
                .setReportedAt(now)
                .setState(TrainerState.WATCHING)
                .setRoles(roles)
                .setModel(model)
                .setLabels(LabelCounts.newBuilder().build())
                .setDrift(DriftStatus.newBuilder().build())
                .build();
        try (KafkaProducer<String, SpecificRecord> producer =
                new KafkaProducer<>(client(), new StringSerializer(), new WireSerializer())) {
            producer.send(new ProducerRecord<>(topics.status(), StatusKey.ofTrainer(id), status))
                    .get();
        }
    }

    private static Map<String, Object> client() {
        return Map.of("bootstrap.servers", BROKER.bootstrapServers());
    }

    private int run(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--bootstrap", BROKER.bootstrapServers(), "--prefix", topics.prefix()));
        return execute(all.toArray(String[]::new));
    }

    private int execute(String... arguments) {
        return TrainerMain.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }
}
