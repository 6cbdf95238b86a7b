package dev.millrace.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.DriftStatus;
import dev.millrace.schemas.LabelCounts;
import dev.millrace.schemas.TrainerState;
import dev.millrace.schemas.TrainerStatus;
import dev.millrace.schemas.WorkerState;
import dev.millrace.schemas.WorkerStatus;
import dev.millrace.schemas.topic.StatusKey;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.TopicState;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.WireSerializer;
import dev.millrace.trainer.publish.ModelRegistry;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(120)
class TrainerStatusCommandIT {
    private static final String RUN = "0198c7f2-77aa-4d3e-9a51-1c2b3d4e5f60";

    @RegisterExtension
    static final KafkaBroker BROKER = new KafkaBroker();

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
    void showsWhatEveryTrainerDoesTheOneThatLeadsFirst() throws Exception {
        say(StatusKey.ofTrainer("a"), trainer("a", TrainerState.STANDBY, 0));
        say(StatusKey.ofTrainer("b"), trainer("b", TrainerState.RETRAINING, 0.5));
        say(StatusKey.ofTrainer("gone"), trainer("gone", TrainerState.WATCHING, 0));
        say(StatusKey.ofTrainer("gone"), null);
        say("w1", new WorkerStatus("w1", now(), now(), WorkerState.SERVING, List.of(), List.of()));

        assertThat(run("trainer", "status")).as(err.toString()).isZero();

        assertThat(out.toString().lines().filter(line -> line.startsWith("trainer")))
                .satisfiesExactly(
                        first -> assertThat(first)
                                .matches("trainer     b \\(judge, retrain\\): retraining, heard of \\d+ s ago"),
                        second -> assertThat(second).startsWith("trainer     a (judge, retrain): standby, heard of "));
        assertThat(out.toString().lines())
                .contains(
                        "model       fashion-mnist",
                        "run         " + RUN + ": 2,000 new labels",
                        "step        gate (5 of 7) [###############...............] 50 %",
                        "curve       validation top-1 in %: 75.0 87.5",
                        "gate        top1 0.91 (expected: at least 0.90)",
                        "            p99 1.2 ms (expected: at most 50 ms)",
                        "labels      2,000 images kept; 2,105 labels seen, of these 10 wait for their",
                        "            results, 40 unknown, 30 expired, 20 of no class, 5 undecodable",
                        "drift       drifted since 2026-11-22T10:15:30Z: stability index 0.313,",
                        "            confidence 0.750 (reference: 0.875), of the last 1,000 answers",
                        "drift       not judged before 1,000 answers: stability index 2.500, confidence",
                        "            0.750 (reference: 0.875), of the last 400 answers",
                        "last run    r0: published version 3",
                        "trouble     weights of version 3: none")
                .noneMatch(line -> line.contains("gone") || line.contains("w1"))
                .allMatch(line -> line.length() <= 80);
        assertThat(new ModelRegistry(client(), topics).workers())
                .as("trainers are no workers")
                .hasSize(1);
    }

    @Test
    void printsOneObjectForPrograms() throws Exception {
        say(StatusKey.ofTrainer("b"), trainer("b", TrainerState.RETRAINING, 0.5));

        assertThat(run("trainer", "status", "--json")).as(err.toString()).isZero();

        assertThat(out.toString().lines()).hasSize(1);
        JsonNode trainer = new ObjectMapper().readTree(out.toString()).at("/trainers/0");
        assertThat(trainer.path("state").asText()).isEqualTo("retraining");
        assertThat(trainer.path("progress").asDouble()).isEqualTo(0.5);
        assertThat(trainer.at("/curve/1").asDouble()).isEqualTo(0.875);
        assertThat(trainer.at("/labels/kept").asLong()).isEqualTo(2_000);
        assertThat(trainer.at("/labels/undecodable").asLong()).isEqualTo(5);
        assertThat(trainer.at("/drift/reference_confidence").asDouble()).isEqualTo(0.875);
        assertThat(trainer.path("last_outcome").asText()).isEqualTo("published version 3");
    }

    @Test
    void watchesAndPrintsALineAtEachChange() throws Exception {
        say(StatusKey.ofTrainer("b"), trainer("b", TrainerState.RETRAINING, 0.5));
        Thread watching = new Thread(() -> run("trainer", "status", "--watch", "--json"));
        watching.start();
        await().until(() -> progress().equals(List.of(0.5)));

        say(StatusKey.ofTrainer("b"), trainer("b", TrainerState.RETRAINING, 0.5));
        say(StatusKey.ofTrainer("b"), trainer("b", TrainerState.RETRAINING, 0.75));

        await().until(() -> progress().equals(List.of(0.5, 0.75)));
        watching.interrupt();
        watching.join();
    }

    @Test
    void saysThatNoTrainerIsAlive() throws Exception {
        assertThat(run("trainer", "status")).isEqualTo(3);
        assertThat(out.toString()).isEqualTo("no trainer is alive%n".formatted());

        say(StatusKey.ofTrainer("b"), trainer("b", TrainerState.WATCHING, 0));

        assertThat(run("trainer", "status", "--alive", "0")).isEqualTo(3);
        assertThat(out.toString()).contains("b (judge, retrain): away, heard of ");
    }

    private List<Double> progress() {
        List<Double> progress = new ArrayList<>();
        for (String line : out.toString().lines().toList()) {
            try {
                progress.add(new ObjectMapper()
                        .readTree(line)
                        .at("/trainers/0/progress")
                        .asDouble());
            } catch (Exception e) {
                throw new AssertionError(line, e);
            }
        }
        return Collections.unmodifiableList(progress);
    }

    private static TrainerStatus trainer(String id, TrainerState state, double progress) {
        return trainer(id, "fashion-mnist", state, progress);
    }

    private static TrainerStatus trainer(String id, String model, TrainerState state, double progress) {
        boolean at = state == TrainerState.RETRAINING;
        return new TrainerStatus(
                id,
                now(),
                now(),
                state,
                List.of("judge", "retrain"),
                model,
                at ? RUN : "",
                at ? "2,000 new labels" : "",
                at ? "gate" : "",
                progress,
                at ? List.of(0.75, 0.875) : List.of(),
                at ? List.of("top1 0.91 (expected: at least 0.90)", "p99 1.2 ms (expected: at most 50 ms)") : List.of(),
                new LabelCounts(2_105L, 2_000L, 40L, 30L, 20L, 10L, 5L),
                at
                        ? new DriftStatus(
                                1_000L, 0.3125, 0.75, 0.875, true, Instant.parse("2026-11-22T10:15:30Z"), 1_000L)
                        : new DriftStatus(400L, 2.5, 0.75, 0.875, false, null, 1_000L),
                at ? "r0" : "",
                at ? "published version 3" : "",
                at ? "weights of version 3: none" : "");
    }

    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS);
    }

    private void say(String key, @Nullable SpecificRecord status) throws Exception {
        try (KafkaProducer<String, @Nullable SpecificRecord> producer =
                new KafkaProducer<>(client(), new StringSerializer(), new WireSerializer())) {
            producer.send(new ProducerRecord<>(topics.status(), key, status)).get();
        }
    }

    private static Map<String, Object> client() {
        return Map.of("bootstrap.servers", BROKER.bootstrapServers());
    }

    private int run(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--bootstrap", BROKER.bootstrapServers(), "--prefix", topics.prefix()));
        return TrainerMain.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(all.toArray(String[]::new));
    }
}
