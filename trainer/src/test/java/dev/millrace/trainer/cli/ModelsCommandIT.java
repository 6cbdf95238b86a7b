package dev.millrace.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestVerifier;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.TopicState;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.gate.Gate;
import dev.millrace.trainer.gate.GateFile;
import dev.millrace.trainer.gate.GoldenVectors;
import dev.millrace.trainer.publish.ModelRegistry;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(120)
class ModelsCommandIT {
    @RegisterExtension
    static final KafkaBroker BROKER = new KafkaBroker();

    @TempDir
    private Path folder = Path.of("");

    private final Topics topics = new Topics(KafkaBroker.freshPrefix());
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void createTopics() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", BROKER.bootstrapServers()))) {
            assertThat(new TopicProvisioner(admin).createMissing(topics.catalogue(1, (short) 1)))
                    .allMatch(TopicState::usable);
        }
    }

    @Test
    void publishesListsAndShows() throws Exception {
        Path labels = Files.writeString(folder.resolve("labels.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n");
        assertThat(run("keygen", folder.resolve("key").toString())).isZero();
        String key = folder.resolve("key.key").toString();

        assertThat(onKafka("publish", "bundled:fashion-mnist", "--key", key))
                .as(err.toString())
                .isZero();
        assertThat(onKafka("publish", "bundled:fashion-mnist", "--key", key))
                .as(err.toString())
                .isZero();
        assertThat(onKafka(
                        "publish",
                        "bundled:fashion-mnist",
                        "--key",
                        key,
                        "--name",
                        "letters",
                        "--labels",
                        labels.toString()))
                .as(err.toString())
                .isZero();

        JsonNode all = json("list");
        assertThat(all).hasSize(3);
        assertThat(all.path(0).path("name").asText()).isEqualTo("fashion-mnist");
        assertThat(all.path(0).path("version").asInt()).isEqualTo(2);
        assertThat(all.path(0).path("champion").asBoolean()).isFalse();
        assertThat(all.path(1).path("champion").asBoolean()).isTrue();
        assertThat(json("show", "letters").path("labels"))
                .extracting(JsonNode::asText)
                .startsWith("a", "b");
        assertThat(onKafka("list")).isZero();
        assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
    }

    @Test
    void promotesRollsBackRetiresAndTellsTheStory() throws Exception {
        publish();
        publish();
        assertThat(out.toString())
                .contains(
                        "fashion-mnist version 2: int8, ",
                        "; version 1 still answers",
                        "  millrace models promote fashion-mnist 2");

        assertThat(onKafka("promote", "fashion-mnist", "latest", "--reason", "better"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).contains("fashion-mnist version 2 promoted; version 2 answers, from epoch ");
        assertThat(onKafka("promote", "fashion-mnist", "2")).isEqualTo(1);
        assertThat(err.toString()).contains("version: 2, which answers already (expected: another one)");
        assertThat(onKafka("rollback", "fashion-mnist")).as(err.toString()).isZero();
        assertThat(onKafka("rollback", "fashion-mnist")).isEqualTo(1);
        assertThat(err.toString())
                .contains("version: previous, which fashion-mnist has none of (expected: one of [1, 2])");
        assertThat(onKafka("retire", "fashion-mnist", "2", "--json"))
                .as(err.toString())
                .isZero();
        assertThat(onKafka("publish", "bundled:fashion-mnist", "--dry-run"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).contains("fashion-mnist version 3: int8, ", ", would wait; nothing is written");

        JsonNode story = json("history", "fashion-mnist");
        assertThat(story)
                .extracting(event ->
                        event.path("action").asText() + " " + event.path("version") + " " + event.path("champion"))
                .containsExactly("published 1 1", "published 2 1", "promoted 2 2", "rolled back 1 1", "retired 2 1");
        assertThat(story.path(2).path("reason").asText()).isEqualTo("better");
        assertThat(json("list")).hasSize(1);
        out.getBuffer().setLength(0);
        assertThat(onKafka("history")).isZero();
        assertThat(out.toString().lines()).hasSize(11).allMatch(line -> line.length() <= 80);
    }

    @Test
    void triesAVersionStepByStepAndShowsHowFarItIs() throws Exception {
        publish();
        publish();

        assertThat(onKafka("canary", "fashion-mnist", "latest", "--steps", "1%,10%,0.5%"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("steps: [1%, 10%, 0.5%] (expected: each larger than the one before)");
        assertThat(onKafka("canary", "fashion-mnist", "latest", "--when", "=de"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("place: tag: (expected: tag:NAME or header:NAME)");
        assertThat(onKafka("canary", "fashion-mnist", "latest", "--steps", "0%"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("0% (expected: a share such as 1%, 0.5% or 100%, at least 0.01%)");
        assertThat(onKafka("shadow", "fashion-mnist", "latest", "--share", "20%"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString())
                .contains("fashion-mnist version 2 shadowed; version 1 answers, version 2 sees 20%, from epoch ");
        JsonNode begun = json(
                "canary",
                "fashion-mnist",
                "2",
                "--steps",
                "1%,10%",
                "--hold",
                "30s",
                "--sticky",
                "tag:user",
                "--when",
                "country=de");
        assertThat(begun.path("action").asText()).isEqualTo("canary begun");
        assertThat(begun.path("challenger").asInt()).isEqualTo(2);
        assertThat(begun.path("share").asDouble()).isEqualTo(0.01);
        assertThat(onKafka("pause", "fashion-mnist")).as(err.toString()).isZero();
        assertThat(onKafka("resume", "fashion-mnist")).as(err.toString()).isZero();
        assertThat(onKafka("step", "fashion-mnist")).as(err.toString()).isZero();
        assertThat(out.toString())
                .contains("fashion-mnist version 2 stepped; version 1 answers all but the 10% of version 2, from ");
        assertThat(onKafka("alias", "fashion-mnist", "stable", "1"))
                .as(err.toString())
                .isZero();
        assertThat(onKafka("alias", "fashion-mnist", "stable")).isEqualTo(2);

        JsonNode status = json("status", "fashion-mnist");
        assertThat(status.path("champion").asInt()).isEqualTo(1);
        assertThat(status.at("/trial/share").asDouble()).isEqualTo(0.1);
        assertThat(status.at("/trial/step").asInt()).isEqualTo(2);
        assertThat(status.at("/trial/hold_seconds").asInt()).isEqualTo(30);
        assertThat(status.at("/aliases/stable").asInt()).isEqualTo(1);
        assertThat(onKafka("status")).isZero();
        assertThat(out.toString())
                .contains(
                        "fashion-mnist: version 1 answers",
                        "  version 2 on trial: canary of 10%, step 2 of 2, for ",
                        "  names: stable is version 1",
                        "  0 of 0 workers have it all, as of epoch ");
        assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
        assertThat(onKafka("status", "absent")).isEqualTo(1);

        assertThat(onKafka(
                        "rollback", "fashion-mnist", "--reason", "it confuses shirts".concat(" and shirts".repeat(9))))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).contains("fashion-mnist version 2 rolled back; version 1 answers, from epoch ");
        assertThat(onKafka("history", "fashion-mnist")).isZero();
        assertThat(out.toString().lines())
                .allMatch(line -> line.length() <= 80)
                .anyMatch(line -> line.endsWith("  fashion-mnist            2  stepped           10%       1"))
                .anyMatch(line -> line.endsWith("  fashion-mnist            2  rolled back                 1"))
                .anyMatch(line -> line.matches(" {21}(and )?shirts and .*shirts"));
        assertThat(json("show", "fashion-mnist", "stable").path("version").asInt())
                .isEqualTo(1);
        assertThat(json("history", "fashion-mnist"))
                .extracting(event -> event.path("action").asText())
                .containsExactly(
                        "published",
                        "published",
                        "shadowed",
                        "canary begun",
                        "paused",
                        "resumed",
                        "stepped",
                        "named",
                        "rolled back");
    }

    @Test
    void showsWhatTwoManifestsSayDifferently() throws Exception {
        publish();
        assertThat(onKafka("publish", "bundled:cifar100", "--name", "fashion-mnist"))
                .as(err.toString())
                .isZero();

        assertThat(onKafka("diff", "fashion-mnist", "champion", "latest"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).contains("fashion-mnist: version 1, then version 2", "  sha256", "    - ", "    + ");
        JsonNode difference = json("diff", "fashion-mnist", "1", "2");
        assertThat(difference.path("differences"))
                .extracting(field -> field.path("field").asText())
                .contains("bytes", "input", "labels", "sha256")
                .doesNotContain("artifact", "precision");
        assertThat(onKafka("diff", "fashion-mnist", "1", "V2")).isEqualTo(2);
    }

    private void publish() {
        assertThat(onKafka("publish", "bundled:fashion-mnist"))
                .as(err.toString())
                .isZero();
    }

    @Test
    void signsWithTheUsersOwnKeyWhenGivenNone() throws Exception {
        assertThat(onKafka("publish", "bundled:fashion-mnist", "--json"))
                .as(err.toString())
                .isZero();
        assertThat(err.toString().lines())
                .containsExactly(
                        "Signing with new key %s. To trust it:".formatted(ownKey().privateFile()),
                        "  millrace worker --trusted-keys %s".formatted(ownKey().publicFile()));
        err.getBuffer().setLength(0);

        assertThat(onKafka("publish", "bundled:fashion-mnist", "--json")).isZero();

        assertThat(err.toString()).startsWith("Signing with %s. To trust it:".formatted(ownKey().privateFile()));
        ManifestVerifier trusting = ManifestVerifier.trusting(List.of(ManifestKeys.readPublic(ownKey().publicFile())));
        RegistryState state = new ModelRegistry(Map.of("bootstrap.servers", BROKER.bootstrapServers()), topics).read();
        assertThat(state.versions()).hasSize(2);
        for (ModelVersion version : state.versions().values()) {
            assertThat(trusting.open(version).getName()).isEqualTo("fashion-mnist");
        }
    }

    @Test
    void putsANewKeysSignatureInThePlaceOfATrustedOne() throws Exception {
        run("keygen", folder.resolve("old").toString());
        run("keygen", folder.resolve("new").toString());
        String oldKey = folder.resolve("old.key").toString();
        String newKey = folder.resolve("new.key").toString();
        String oldPub = folder.resolve("old.pub").toString();
        String newPub = folder.resolve("new.pub").toString();
        assertThat(onKafka("publish", "bundled:fashion-mnist", "--key", oldKey))
                .as(err.toString())
                .isZero();
        ModelVersion before = published(1);

        assertThat(onKafka("verify", "fashion-mnist", "--trusted-keys", oldPub))
                .as(out + err.toString())
                .isZero();
        assertThat(out.toString()).contains("fashion-mnist version 1", "trusted", "  artifact   kafka:, intact");
        assertThat(onKafka("verify", "fashion-mnist", "1", "--trusted-keys", newPub))
                .isEqualTo(1);
        assertThat(out.toString()).contains(", not trusted", "  refused    manifest key: ");
        assertThat(onKafka("sign", "fashion-mnist", "1", "--key", newKey, "--trusted-keys", newPub))
                .isEqualTo(1);
        assertThat(err.toString()).contains("sign: manifest key: " + before.getKeyId() + " (expected: ");
        assertThat(published(1)).isEqualTo(before);

        JsonNode signed =
                json("sign", "fashion-mnist", "champion", "--key", newKey, "--trusted-keys", oldPub + "," + newPub);

        ModelVersion after = published(1);
        assertThat(after.getManifest()).isEqualTo(before.getManifest());
        assertThat(after.getKeyId())
                .isEqualTo(ManifestKeys.keyId(ManifestKeys.readPublic(Path.of(newPub))))
                .isEqualTo(signed.path("key_id").asText());
        JsonNode story = json("history", "fashion-mnist");
        assertThat(story).hasSize(2);
        assertThat(story.get(1).path("action").asText()).isEqualTo("signed");
        assertThat(story.get(1).path("version").asInt()).isEqualTo(1);
        assertThat(story.get(1).path("decided_by").asText()).isEqualTo(Author.here());
        assertThat(story.get(1).path("reason").asText())
                .isEqualTo("key " + after.getKeyId() + " in the place of " + before.getKeyId());
        JsonNode found = json("verify", "fashion-mnist", "latest", "--trusted-keys", newPub);
        assertThat(found.path("trusted").asBoolean()).isTrue();
        assertThat(found.path("intact").asBoolean()).isTrue();
        assertThat(found.has("problem")).isFalse();
        assertThat(onKafka("verify", "fashion-mnist", "--trusted-keys", oldPub)).isEqualTo(1);
        assertThat(onKafka("verify", "fashion-mnist")).isEqualTo(1);
        assertThat(err.toString()).contains("trusted keys: none, there is no " + ownKey().publicFile());
    }

    @Test
    void publishesAFileThatLiesElsewhereAndPutsNothingOnTheArtifactsTopic() throws Exception {
        byte[] onnx = BundledModels.read(BundledModels.FASHION_MNIST);
        Path file = Files.write(folder.resolve("model.onnx"), onnx);
        String place = file.toUri().toString();

        assertThat(onKafka("publish", file.toString(), "--artifact", "http://localhost/model.onnx"))
                .isEqualTo(1);
        assertThat(err.toString())
                .contains(
                        "artifact: http://localhost/model.onnx (expected: kafka:, file:///PATH, or https://HOST/PATH");
        JsonNode published = json("publish", file.toString(), "--artifact", place);

        assertThat(published.path("artifact").asText()).isEqualTo(place);
        assertThat(published.path("sha256").asText()).isEqualTo(ManifestKeys.sha256(onnx));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", BROKER.bootstrapServers()))) {
            TopicPartition artifacts = new TopicPartition(topics.artifacts(), 0);
            assertThat(admin.listOffsets(Map.of(artifacts, OffsetSpec.latest()))
                            .partitionResult(artifacts)
                            .get()
                            .offset())
                    .isZero();
        }
        assertThat(json("verify", "fashion-mnist").path("intact").asBoolean()).isTrue();
        onnx[onnx.length / 2] ^= 1;
        Files.write(file, onnx);
        assertThat(onKafka("verify", "fashion-mnist")).isEqualTo(1);
        assertThat(out.toString()).contains("trusted", "sha256 " + ManifestKeys.sha256(onnx) + " (expected: ");
    }

    @Test
    void recordsWhatWorkersCompareTheAnswersAndTheTimeWith() throws Exception {
        byte[] onnx = BundledModels.read(BundledModels.FASHION_MNIST);
        Dataset data = DatasetSpec.parse("bundled:fashion-mnist").load();
        GoldenVectors recorded = new Gate(GateFile.DEFAULT, data.test().first(20), data.classes()).recordGolden(onnx);
        Path golden = folder.resolve("golden.json");
        recorded.write(golden);

        JsonNode noise = json("publish", "bundled:fashion-mnist", "--max-latency", "5.5");
        assertThat(noise.path("golden").asInt()).isEqualTo(4);
        assertThat(noise.path("max_latency_ms").asDouble()).isEqualTo(5.5);
        assertThat(onKafka("publish", "bundled:fashion-mnist", "--golden", golden.toString()))
                .as(err.toString())
                .isZero();

        ModelManifest manifest = ManifestVerifier.trustingAnyone().open(published(2));
        assertThat(manifest.getMaxLatencyMs()).isZero();
        assertThat(manifest.getGolden()).hasSize(4).first().satisfies(vector -> {
            assertThat(vector.getLogits()).isEqualTo(recorded.vectors().get(0).logits());
            assertThat(vector.getPixels())
                    .isEqualTo(
                            ByteBuffer.wrap(recorded.vectors().get(0).pixels().bytes()));
            assertThat(vector.getTolerance()).isBetween(0.05f, 5f);
        });
        assertThat(onKafka("publish", "bundled:cifar100", "--golden", golden.toString()))
                .isEqualTo(1);
        assertThat(err.toString()).contains("golden: of sha256 " + ManifestKeys.sha256(onnx) + " (expected: ");
        assertThat(onKafka("publish", "bundled:fashion-mnist", "--max-latency", "-1"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("latency: -1.0 (expected: milliseconds, from 0)");
    }

    private ModelVersion published(int version) throws Exception {
        return Objects.requireNonNull(state().version("fashion-mnist", version), "on record");
    }

    private RegistryState state() throws Exception {
        return new ModelRegistry(Map.of("bootstrap.servers", BROKER.bootstrapServers()), topics).read();
    }

    @Test
    void refusesAPublicKeyWithoutItsPrivateKey() {
        assertThat(onKafka("publish", "bundled:fashion-mnist", "--public-key", "some.pub"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("--public-key: some.pub (expected: with --key only)");
        assertThat(ownKey().folder()).doesNotExist();
    }

    @Test
    void saysWhichModelIsNotThere() {
        assertThat(onKafka("show", "absent")).isEqualTo(1);
        assertThat(err.toString()).contains("model: absent (expected: a published one");
    }

    @Test
    void refusesLabelsThatDoNotFitTheModel() throws Exception {
        Path labels = Files.writeString(folder.resolve("labels.txt"), "only one\n");
        run("keygen", folder.resolve("key").toString());

        assertThat(onKafka(
                        "publish",
                        "bundled:fashion-mnist",
                        "--key",
                        folder.resolve("key.key").toString(),
                        "--labels",
                        labels.toString()))
                .isEqualTo(1);
        assertThat(err.toString()).contains("labels");
        assertThat(onKafka("show", "fashion-mnist")).isEqualTo(1);
    }

    private JsonNode json(String... arguments) throws Exception {
        List<String> withJson = new ArrayList<>(List.of(arguments));
        withJson.add("--json");
        assertThat(onKafka(withJson.toArray(String[]::new))).as(err.toString()).isZero();
        return new ObjectMapper().readTree(out.toString());
    }

    private int onKafka(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--bootstrap", BROKER.bootstrapServers(), "--prefix", topics.prefix()));
        return run(all.toArray(String[]::new));
    }

    private int run(String... arguments) {
        out.getBuffer().setLength(0);
        List<String> all = new ArrayList<>(List.of("models"));
        all.addAll(List.of(arguments));
        return TrainerMain.commandLine(this::make)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(all.toArray(String[]::new));
    }

    private PublisherKey ownKey() {
        return new PublisherKey(folder.resolve("home"));
    }

    /** Commands as they are, but with a user's folder that is not the real one. */
    private <K> K make(Class<K> type) throws Exception {
        if (type == ModelsPublishCommand.class) {
            return type.cast(new ModelsPublishCommand(ownKey()));
        }
        if (type == ModelsSignCommand.class) {
            return type.cast(new ModelsSignCommand(ownKey()));
        }
        return type == ModelsVerifyCommand.class
                ? type.cast(new ModelsVerifyCommand(ownKey()))
                : CommandLine.defaultFactory().create(type);
    }
}
